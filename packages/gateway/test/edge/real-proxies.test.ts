import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { once } from 'node:events'
import { type Answer, askOnce, eventually } from '../support/client.ts'
import { type Bed, startBed } from '../support/gateway.ts'
import { createWorld } from '../support/world.ts'
import { quietPort } from '../support/quiet-port.ts'

// Balancers as people run them, in front of a gateway.

function isInstalled(program: string): boolean {
  return spawnSync(program, ['-v']).error === undefined
}

/** Says why a test is skipped; where everything must run, it fails instead. */
function isMissing(t: TestContext, program: string): boolean {
  if (isInstalled(program)) return false
  const why = `${program} is not installed here`
  assert.notEqual(process.env['CI'], 'true', why)
  t.skip(why)
  return true
}

async function run(t: TestContext, program: string, args: string[], port: number): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  t.after(async () => {
    if (child.exitCode !== null) return
    // Killed harder, nginx would leave its workers behind.
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await eventually(async () => {
    assert.equal(child.exitCode, null, said)
    const socket = net.connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return isOpen
  }, 10_000)
}

const directoryOf = () => mkdtemp(path.join(tmpdir(), 'sallyport-real-'))
const at = (bed: Bed, port: number): Bed => ({ ...bed, port })
const code = (answer: Answer) => answer.json<{ code?: string }>().code

for (const version of ['send-proxy', 'send-proxy-v2 proxy-v2-options crc32c,unique-id']) {
  test(`HAProxy passes TCP on with ${version}`, async (t) => {
    if (isMissing(t, 'haproxy')) return
    const bed = await startBed(t, {
      gateway: {
        listen: [{ address: '127.0.0.1:0', proxyProtocol: { from: ['127.0.0.1'] } }],
        addresses: { deny: ['127.0.0.2'] },
      },
    })
    const directory = await directoryOf()
    const port = await quietPort()
    const file = path.join(directory, 'haproxy.cfg')
    await writeFile(
      file,
      [
        'defaults',
        '  mode tcp',
        '  timeout connect 2s',
        '  timeout client 5s',
        '  timeout server 5s',
        'frontend in',
        `  bind 127.0.0.1:${port}`,
        '  unique-id-format %[uuid()]',
        '  default_backend gateway',
        'backend gateway',
        `  server gateway 127.0.0.1:${bed.port} ${version}`,
        '',
      ].join('\n'),
    )
    await run(t, 'haproxy', ['-db', '-f', file], port)
    const device = await bed.world.device()
    assert.equal((await askOnce(at(bed, port), device)).status, 200)
    assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '127.0.0.1')
    // Another client of the same balancer, and one that is on a list.
    const from = (localAddress: string) => askOnce(at(bed, port), device, '/', { localAddress })
    assert.equal((await from('127.0.0.3')).status, 200)
    assert.equal(bed.service.seen.at(-1)?.['x-forwarded-for'], '127.0.0.3')
    assert.equal(code(await from('127.0.0.2')), 'address_blocked')
  })
}

test('nginx ends TLS, and tells the certificate over a Unix socket', async (t) => {
  if (isMissing(t, 'nginx')) return
  const world = await createWorld()
  const directory = await directoryOf()
  const socket = path.join(directory, 'gateway.sock')
  const bed = await startBed(t, {
    world,
    gateway: {
      listen: [
        {
          address: `unix:${socket}`,
          clientCertificates: { form: 'nginx', hop: { unixSocket: { mode: '0666' } } },
        },
      ],
    },
  })
  const identity = await world.server('api.example.com')
  await writeFile(path.join(directory, 'server.pem'), identity.cert)
  await writeFile(path.join(directory, 'server.key'), identity.key)
  const port = await quietPort()
  const file = path.join(directory, 'nginx.conf')
  await writeFile(
    file,
    `daemon off; pid ${directory}/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory};
  uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  large_client_header_buffers 4 32k;
  upstream gateway { server unix:${socket}; keepalive 8; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${directory}/server.pem;
    ssl_certificate_key ${directory}/server.key;
    ssl_verify_client optional_no_ca;
    location / {
      proxy_pass http://gateway;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  )
  await run(t, 'nginx', ['-p', directory, '-c', file], port)
  const front = at(bed, port)
  const device = await world.device()
  const spoofed = { headers: ['X-Forwarded-For: 198.51.100.1', 'ssl-client-cert: forged'] }
  assert.equal((await askOnce(front, device, '/', spoofed)).status, 200)
  const seen = bed.service.seen.at(-1)
  assert.match(String(seen?.['sallyport-device']), new RegExp(`^${device.deviceId};`))
  assert.equal(seen?.['x-forwarded-for'], '127.0.0.1')
  assert.equal(seen?.['x-forwarded-proto'], 'https')
  assert.equal(code(await askOnce(front, undefined, '/', spoofed)), 'device_certificate_required')
  // nginx passes on a certificate that nobody verified: we do.
  const stranger = await (await createWorld()).device()
  assert.equal(code(await askOnce(front, stranger)), 'device_certificate_untrusted')
  bed.authority.change('device', device.deviceId, 'revoked')
  await eventually(async () => code(await askOnce(front, device)) === 'device_revoked')
})
