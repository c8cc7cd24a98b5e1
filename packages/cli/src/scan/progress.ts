/**
 * Says that something is under way, once it takes longer than a second: a line, and on a terminal the seconds.
 *
 * @returns ends it; on a terminal the line is gone then
 */
export function showProgress(what: string, stream: NodeJS.WriteStream): () => void {
  const startedAt = performance.now()
  let isShown = false
  const show = () => {
    if (isShown && !stream.isTTY) return
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    stream.write(stream.isTTY ? `\r\u001b[K${what} … ${seconds} s` : `${what} …\n`)
    isShown = true
  }
  const timer = setInterval(show, 1_000)
  return () => {
    clearInterval(timer)
    if (isShown && stream.isTTY) stream.write('\r\u001b[K')
  }
}
