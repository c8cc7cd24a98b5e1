import { createServer, type Server } from 'node:http'
import { androidResource, networkSecurityConfig } from './network-security-config.ts'
import { appleProfile, escapeXml } from './profile.ts'

/** What a phone, or the person with it, can fetch over plain HTTP: nothing in it is secret. */
export type HandoutFile = { path: string; type: string; body: string | Uint8Array; about: string }

/** @param ca the CA in DER */
export function handoutFiles(ca: Uint8Array, name: string): HandoutFile[] {
  return [
    {
      path: `/${androidResource}.crt`,
      type: 'application/x-x509-ca-cert',
      body: ca,
      about: 'the CA, for Android and everything else',
    },
    {
      path: '/sallyport.mobileconfig',
      type: 'application/x-apple-aspen-config',
      body: appleProfile(ca, name),
      about: 'the CA as a profile, for an iPhone',
    },
    {
      path: '/network_security_config.xml',
      type: 'application/xml',
      body: networkSecurityConfig(),
      about: 'lets a debug build of an Android app trust the CA',
    },
  ]
}

/** Serves the files, and a page that lists them, until closed. */
export function serveHandout(
  files: readonly HandoutFile[],
  listen: { host: string; port: number },
): Promise<Server> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const index = page(files)
  const server = createServer((request, response) => {
    request.resume()
    const path = request.url?.split('?', 1)[0] ?? '/'
    const file = path === '/' ? index : byPath.get(path)
    response.setHeader('x-content-type-options', 'nosniff')
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': file.type }).end(file.body)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(listen, () => resolve(server))
  })
}

function page(files: readonly HandoutFile[]): Pick<HandoutFile, 'type' | 'body'> {
  const items = files.map(
    ({ path, about }) => `<li><a href="${path}">${path.slice(1)}</a>: ${escapeXml(about)}</li>`,
  )
  const body = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Sallyport development</title>
<h1>Sallyport development</h1><ul>${items.join('')}</ul></html>`
  return { type: 'text/html; charset=utf-8', body }
}
