/** What a parent process and a service that it forked say to one another. */
export type ToService = { readonly kind: 'silence' } | { readonly kind: 'speak' } | { readonly kind: 'stop' };
export type FromService =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string };
