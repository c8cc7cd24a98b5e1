// A service of its own that follows an authority: node guarded-process.js KEYS_URL KEYS_FILE. It says its port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier, guardHttp } from '../src/index.ts'

const [keysUrl = '', keys = ''] = process.argv.slice(2)
const verifier = createVerifier({
  audience: 'accounts',
  authority: { keysUrl, keys, refreshSeconds: 1 },
})
const server = createServer(guardHttp(verifier, (_request, response) => response.end('answered')))
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
