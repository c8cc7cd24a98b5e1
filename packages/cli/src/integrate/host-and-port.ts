export type HostAndPort = { readonly host: string; readonly port: number }

/** `0.0.0.0:443`, `[::]:443`, `gateway.internal:9443`; IPv6 comes out without its brackets. */
export function hostAndPort(text: string): HostAndPort | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  if (found === null || Number(found[3]) > 65_535) return undefined
  return { host: found[1] ?? found[2] ?? '', port: Number(found[3]) }
}

export function authorityOf({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
