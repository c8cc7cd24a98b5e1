import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server was asked. */
export type Asked = {
  method: string
  path: string
  headers: http.IncomingHttpHeaders
  text: string
}

export type MdmServer = {
  readonly url: string
  readonly asked: Asked[]
  /** Answers: status and JSON, text as it is, or nothing at all. */
  answer: (asked: Asked) => { status?: number; body: unknown } | 'never'
  close(): Promise<void>
}

/** A server in the place of an MDM, which keeps what it is asked. */
export async function startMdmServer(answer: MdmServer['answer']): Promise<MdmServer> {
  const asked: Asked[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, text: Buffer.concat(chunks).toString('utf8') }
      asked.push(one)
      const said = mdm.answer(one)
      if (said === 'never') return
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json' })
      response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const mdm: MdmServer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return mdm
}
