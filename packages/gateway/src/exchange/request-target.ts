export type RequestTarget = { target: string; authority: string | undefined }

/**
 * Takes the request-target of HTTP/1 apart (RFC 9112 §3.2). The authority of an absolute target
 * replaces Host, as §3.2.2 demands. Whatever is neither an origin nor an absolute form is left as it is, for
 * the route stage to refuse.
 */
export function parseRequestTarget(url: string, host: string | undefined): RequestTarget {
  if (url.charCodeAt(0) === slash) return { target: url, authority: host }
  const absolute = /^https?:\/\/([^/?#@]+)([/?].*)?$/i.exec(url)
  if (absolute === null) return { target: url, authority: host }
  const [, authority, rest = ''] = absolute
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

const slash = 0x2f
