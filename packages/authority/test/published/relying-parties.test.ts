import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { parseCertificate, toPem } from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { enroll, makeKey, type Phone, renew } from '../fixture/phone.ts'
import { missingProgram } from './missing-program.ts'
import { addressesOf, certificatesOf, deployPublishing, type Publishing } from './publishing.ts'
import { type RelyingParty, relyingParty } from './relying-party.ts'

let publishing: Publishing
let phones: Record<'good' | 'revoked' | 'superseded' | 'other', Phone>
let party: RelyingParty
before(async () => {
  publishing = await deployPublishing()
  const good = await enroll(publishing)
  const superseded = await enroll(publishing)
  await renew(publishing, superseded)
  const revoked = await enroll(publishing)
  await publishing.admin(`/admin/v1/devices/${revoked.issued.deviceId}/revoke`, { body: {} })
  phones = { good, revoked, superseded, other: await onOtherShard(revoked) }
  party = relyingParty(phones)
  party.file('root.pem', toPem('CERTIFICATE', await fetchRoot()))
  for (const phone of [revoked, superseded]) await untilListed(phone)
})
after(async () => {
  party.close()
  await publishing.close()
})

const fetchBytes = async (url: string): Promise<Buffer> => {
  const answer = await fetch(url)
  assert.equal(answer.status, 200, url)
  return Buffer.from(await answer.arrayBuffer())
}

/** Found by its list's address: the one that is of no issuing CA. */
async function fetchRoot(): Promise<Buffer> {
  const { issuer } = certificatesOf(phones.good)
  const answer = await publishing.operations('/metrics')
  const ids = [...answer.text.matchAll(/list_age_seconds\{app="root",issuer="([^"]+)"\}/g)]
  for (const [, id] of ids) {
    const der = await fetchBytes(`${publishing.url}/ca/${id}.cer`)
    if (parseCertificate(der).subject.equals(issuer.issuer)) return der
  }
  throw new Error('no root is published')
}

async function onOtherShard(than: Phone): Promise<Phone> {
  const { shard } = addressesOf(certificatesOf(than).leaf)
  for (;;) {
    const phone = await enroll(publishing, 'wallet', makeKey())
    if (addressesOf(certificatesOf(phone).leaf).shard !== shard) return phone
  }
}

async function untilListed(phone: Phone): Promise<void> {
  const { leaf } = certificatesOf(phone)
  const { list, full } = addressesOf(leaf)
  await publishing.eventually('revoked', async () => {
    const lists = await Promise.all([publishing.list(list), publishing.list(full)])
    return lists.every(({ revoked }) => revoked.has(leaf.serial)) ? true : undefined
  })
}

/** Fetches a list, and has it as `<name>.der` and `<name>.pem`. */
async function fetchList(name: string, url: string): Promise<void> {
  const der = await fetchBytes(url)
  party.file(`${name}.der`, der)
  party.file(`${name}.pem`, toPem('X509 CRL', der))
}

const addresses = (name: keyof typeof phones) => addressesOf(certificatesOf(phones[name]).leaf)
const openssl = (text: string) => party.run('openssl', ...text.split(' '))

test('openssl crl: full list and shard are signed by the CA, and say what is revoked', async () => {
  const { list, full } = addresses('revoked')
  await fetchList('shard', list)
  await fetchList('full', full)
  const serial = certificatesOf(phones.revoked).leaf.serial.toUpperCase()
  for (const name of ['shard', 'full']) {
    assert.match((await openssl(`crl -in ${name}.pem -noout -CAfile ca.pem`)).text, /verify OK/)
    const { text } = await openssl(`crl -in ${name}.pem -noout -text`)
    assert.match(text, new RegExp(`Serial Number: 0?${serial}`))
    assert.match(text, /Version 2 \(0x1\)/)
  }
})

for (const kind of ['full', 'list'] as const) {
  test(`openssl verify -crl_check believes the ${kind === 'full' ? 'full list' : 'shard'}`, async () => {
    const verify = async (name: keyof typeof phones) => {
      await fetchList('own', addresses(name)[kind])
      return openssl(
        `verify -x509_strict -CAfile root.pem -untrusted ca.pem -crl_check -extended_crl -CRLfile own.pem ${name}.pem`,
      )
    }
    for (const name of ['good', 'other'] as const) {
      const answer = await verify(name)
      assert.ok(answer.ok, answer.text)
    }
    for (const name of ['revoked', 'superseded'] as const) {
      assert.match((await verify(name)).text, /certificate revoked/)
    }
  })
}

test('openssl verify -crl_download finds the list by itself', async () => {
  const verify = (name: string) =>
    openssl(`verify -CAfile root.pem -untrusted ca.pem -crl_check -crl_download ${name}.pem`)
  const answer = await verify('good')
  assert.ok(answer.ok, answer.text)
  assert.match((await verify('revoked')).text, /certificate revoked/)
})

test('openssl verify takes no shard for another: a revoked device is not hidden by it', async () => {
  await fetchList('wrong', addresses('other').list)
  const text =
    'verify -CAfile root.pem -untrusted ca.pem -crl_check -extended_crl -CRLfile wrong.pem revoked.pem'
  assert.match((await openssl(text)).text, /[Dd]ifferent CRL scope/)
})

test('a chain is verified whole, with the list of its root', async () => {
  const root = parseCertificate(await fetchRoot())
  await fetchList('root-list', `${publishing.url}/crl/${root.spkiSha256}.crl`)
  await fetchList('full', addresses('good').full)
  const files = '-CRLfile root-list.pem -CRLfile full.pem'
  const verify = (name: string) =>
    openssl(`verify -CAfile root.pem -untrusted ca.pem -crl_check_all ${files} ${name}.pem`)
  const answer = await verify('good')
  assert.ok(answer.ok, answer.text)
  assert.match((await verify('revoked')).text, /certificate revoked/)
})

test('openssl ocsp finds its responder in the certificate', async () => {
  const uri = await openssl('x509 -in good.pem -noout -ocsp_uri')
  assert.equal(uri.text.trim(), `${publishing.url}/ocsp`)
  const ask = (name: string) =>
    openssl(
      `ocsp -issuer ca.pem -cert ${name}.pem -CAfile root.pem -verify_other ca.pem -url ${uri.text.trim()}`,
    )
  assert.match((await ask('good')).text, /Response verify OK[^]*good\.pem: good/)
  assert.match((await ask('revoked')).text, /Response verify OK[^]*revoked\.pem: revoked/)
  assert.match((await ask('superseded')).text, /: revoked[^]*Reason: superseded/)
})

test('curl fetches a list, and nothing where it has it', {
  skip: missingProgram('curl'),
}, async () => {
  const { list } = addresses('good')
  const fetchIt = (...more: string[]) =>
    party.run('curl', '-sS', '-o', 'curl.der', '-w', '%{http_code} %{size_download}', ...more, list)
  const first = await fetchIt('--etag-save', 'etag')
  assert.match(first.text, /^200 [1-9]/)
  assert.deepEqual(party.read('curl.der'), await fetchBytes(list))
  assert.equal((await fetchIt('--etag-compare', 'etag')).text, '304 0')
  assert.equal((await fetchIt('-z', 'curl.der')).text, '304 0')
})

const noGnutls = missingProgram('certtool', 'ocsptool')
test('GnuTLS: certtool believes the full list, ocsptool the responder', {
  skip: noGnutls,
}, async () => {
  await fetchList('full', addresses('good').full)
  const root = parseCertificate(await fetchRoot())
  await fetchList('root-list', `${publishing.url}/crl/${root.spkiSha256}.crl`)
  party.file('lists.pem', Buffer.concat([party.read('full.pem'), party.read('root-list.pem')]))
  const certtool = (name: string) => {
    const chain = Buffer.concat([party.read(`${name}.pem`), party.read('ca.pem')])
    const files = ['--load-ca-certificate', 'root.pem', '--load-crl', 'lists.pem']
    party.file('chain.pem', chain)
    return party.run('certtool', '--verify', ...files, '--infile', 'chain.pem')
  }
  const accepted = await certtool('good')
  assert.match(accepted.text, /Chain verification output: Verified\./)
  const refused = await certtool('revoked')
  assert.match(refused.text, /revoked/)
  const ocsptool = async (name: string) => {
    const files = [
      '--load-cert',
      `${name}.pem`,
      '--load-issuer',
      'ca.pem',
      '--load-trust',
      'ca.pem',
    ]
    return party.run('ocsptool', `--ask=${publishing.url}/ocsp`, ...files, '--nonce')
  }
  const good = await ocsptool('good')
  assert.match(good.text, /Certificate Status: good/, good.text)
  assert.match(good.text, /Verifying OCSP Response: Success/, good.text)
  assert.match((await ocsptool('revoked')).text, /Certificate Status: revoked/)
})

test('nginx with ssl_crl lets a device in, and refuses it once it is revoked', {
  skip: missingProgram('nginx', 'openssl'),
}, async (context) => {
  const phone = await enroll(publishing)
  const port = await quietPort()
  const root = parseCertificate(await fetchRoot())
  const refreshLists = async () => {
    const lists = [
      await fetchBytes(addressesOf(certificatesOf(phone).leaf).full),
      await fetchBytes(`${publishing.url}/crl/${root.spkiSha256}.crl`),
    ]
    party.file('crl.pem', lists.map((der) => toPem('X509 CRL', der)).join(''))
  }
  await refreshLists()
  const name = '-subj /CN=localhost -addext subjectAltName=DNS:localhost'
  await openssl(
    `req -x509 -newkey rsa:2048 -nodes -days 1 -keyout nginx.key -out nginx.crt ${name}`,
  )
  party.file('nginx.conf', nginxConf(port))
  const nginx = spawn('nginx', ['-p', party.directory, '-c', 'nginx.conf', '-e', 'stderr'], {
    cwd: party.directory,
    stdio: 'inherit',
  })
  context.after(async () => {
    const ended = once(nginx, 'exit')
    nginx.kill('SIGTERM')
    await ended
  })
  await publishing.eventually('nginx', () => isOpen(port))
  const call = async () => {
    party.file('phone.crt', phone.tls.cert)
    party.file('phone.key', phone.tls.key)
    const identity = ['--cert', 'phone.crt', '--key', 'phone.key', '--cacert', 'nginx.crt']
    const url = `https://localhost:${port}/`
    const answer = await party.run(
      'curl',
      '-sS',
      '-o',
      'answer',
      '-w',
      '%{http_code}',
      ...identity,
      url,
    )
    return { status: answer.text, said: party.read('answer').toString() }
  }
  assert.deepEqual(await call(), { status: '200', said: 'SUCCESS' })
  await publishing.admin(`/admin/v1/devices/${phone.issued.deviceId}/revoke`, { body: {} })
  await untilListed(phone)
  await refreshLists()
  nginx.kill('SIGHUP')
  const refused = await publishing.eventually('nginx to refuse', async () => {
    const answer = await call()
    return answer.status === '200' ? undefined : answer
  })
  assert.equal(refused.status, '403')
  assert.match(refused.said, /revoked/)
})

/** What a service that knows nothing of Sallyport has: anchors, and lists of the whole chain. */
function nginxConf(port: number): string {
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate nginx.crt;
    ssl_certificate_key nginx.key;
    ssl_client_certificate root.pem;
    ssl_verify_client optional;
    ssl_verify_depth 2;
    ssl_crl crl.pem;
    ssl_session_tickets off;
    error_page 495 = /refused;
    location = /refused { return 403 "$ssl_client_verify"; }
    location / { return 200 "$ssl_client_verify"; }
  }
}
`
}

async function isOpen(port: number): Promise<true | undefined> {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
