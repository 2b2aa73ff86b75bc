/** `infrastructure`: wait and try again for ever · `conflict`: try again at once · `poison`: this very data can never be stored · `other`: the code's own. */
export type StoreFailure = 'infrastructure' | 'conflict' | 'poison' | 'other';
