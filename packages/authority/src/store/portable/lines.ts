const newline = 10

/**
 * The lines of a file as they come, without their ends: no more of it is held than one line.
 *
 * @param tooLong what is thrown at a line that is longer than `maxBytes`
 * @returns each line, and at the end what comes after the last newline, where there is something
 */
export async function* linesOf(
  bytes: AsyncIterable<Buffer>,
  { maxBytes, tooLong }: { maxBytes: number; tooLong: () => Error },
): AsyncGenerator<{ line: Buffer; isWhole: boolean }> {
  let rest: Buffer[] = []
  let length = 0
  for await (const chunk of bytes) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      if (length + at - from > maxBytes) throw tooLong()
      yield { line: Buffer.concat([...rest, chunk.subarray(from, at)]), isWhole: true }
      rest = []
      length = 0
      from = at + 1
    }
    rest.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > maxBytes) throw tooLong()
  }
  if (length > 0) yield { line: Buffer.concat(rest), isWhole: false }
}
