// A server that does of a renewal what TLS does: a handshake by which the client is verified, and an answer.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const [certificateFile = '', keyFile = '', caFile = '', port = '0', answerBytes = '0'] =
  process.argv.slice(2)
const body = Buffer.alloc(Number(answerBytes), 'x')
const server = createServer(
  {
    cert: readFileSync(certificateFile),
    key: readFileSync(keyFile),
    ca: readFileSync(caFile),
    requestCert: true,
    // As the authority has it: what TLS says of a client is not asked.
    rejectUnauthorized: false,
  },
  (request, response) => {
    request.resume().on('end', () => response.writeHead(201).end(body))
  },
)
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => process.exit())
