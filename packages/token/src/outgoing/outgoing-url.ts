/**
 * A URL that may be asked: https, or http on this machine; no user and no password, for addresses are
 * logged; no fragment. Undefined where it is none.
 */
export function outgoingUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || text.includes('#')) {
    return undefined
  }
  if (url.protocol === 'https:') return url
  return url.protocol === 'http:' && isLoopbackName(url.hostname) ? url : undefined
}

/** Whether a host of a URL is this machine by its very name. */
export function isLoopbackName(hostname: string): boolean {
  return /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname)
}
