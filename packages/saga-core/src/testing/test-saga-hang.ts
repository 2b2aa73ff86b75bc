/** Thrown by `hang`. No error of the author's: nobody answers. */
export class Hanging extends Error {}

/** In the stub of a call: this attempt does not come back within its time. It may have taken effect: nobody knows. */
export function hang(): never {
  throw new Hanging('this call does not come back');
}
