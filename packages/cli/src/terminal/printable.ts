/** Text from outside, safe to print: C0 and C1 control characters become U+FFFD. */
export function printable(value: string | number | boolean | null | undefined): string {
  return String(value ?? '–').replace(/\p{Cc}/gu, '\ufffd')
}
