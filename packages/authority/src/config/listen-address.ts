/** `127.0.0.1:8443`, `[::1]:8443` or `localhost:8443` as what `listen` takes. Not checked: that there is such a port. */
export function listenAddress(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  const port = Number(listen.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port)) {
    throw new TypeError(`Not an address and port: ${listen}`)
  }
  return { host, port }
}
