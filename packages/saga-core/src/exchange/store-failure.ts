/**
 * `infrastructure`: wait and try again for ever · `conflict`: try again at once · `poison`: this very data can never be stored · `refused`: the
 * database does not do this as it is now (a table or a right is missing, a statement took too long); of the author's own statement that is a
 * failure, of the library's it is waited out · `other`: the code's own.
 */
export type StoreFailure = 'infrastructure' | 'conflict' | 'poison' | 'refused' | 'other';
