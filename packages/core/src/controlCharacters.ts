/** C0, DEL and C1 controls, line and paragraph separators, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u

/** True for text that cannot be an identifier or a name: nobody could read or type it. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text)
}
