import http from 'node:http'
import https from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Certificate, parseCertificate, toPem } from '@sallyport/pki'
import { cpuMicroseconds } from '../measure/cpu-time.ts'
import { freePort } from '../process/free-port.ts'
import { startServer } from '../process/server-process.ts'
import { ask, inParallel } from './ask.ts'
import { apps, type AuthoritySite } from './authority-site.ts'
import type { AuthorityWork } from './authority-work.ts'
import { cpuOf, signLong, signOnce, verifyChain, verifyOnce } from './bare-cryptography.ts'
import { ocspQuestion } from './ocsp-question.ts'
import { bytesOf, enroll, evidenceOf, identityOf, type Phone, renew } from './phones.ts'

const concurrency = 16
const bareTimes = 400

/** Phones that are attested enrol: a challenge, the appraisal, a certificate, all of it on the disk before the answer. */
export function enrollments(site: AuthoritySite, times: number, kept: Phone[]): AuthorityWork {
  const agent = new https.Agent({ ca: site.caPem, keepAlive: true, maxSockets: concurrency })
  return {
    name: 'attested enrolment',
    about: 'Android Key Attestation; challenge and certificate, durable',
    times,
    async run(count) {
      const phones = await inParallel(count, concurrency, () => enroll(site, agent, apps.feed))
      kept.splice(0, kept.length, ...phones)
    },
    bare() {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const { chain } = evidenceOf(site, publicKey, 'A'.repeat(43)) as unknown as {
        chain: string[]
      }
      const chainOnce = verifyChain(chain.map(bytesOf))
      return Promise.resolve(
        // The chain, the signing request, the certificate.
        cpuOf(chainOnce, bareTimes) + cpuOf(verifyOnce, bareTimes) + cpuOf(signOnce, bareTimes),
      )
    },
    limit: 3,
  }
}

/** Phones renew with the same key, each over a new connection under its certificate. */
export function renewals(site: AuthoritySite, times: number, phones: Phone[]): AuthorityWork {
  return {
    name: 'renewal over mutual TLS',
    about: 'a full handshake each, durable',
    times,
    async run(count) {
      const renewing = phones.slice(0, count)
      if (renewing.length < count)
        throw new Error(`${count} renewals, and ${renewing.length} phones`)
      const renewed = await inParallel(count, concurrency, (index) =>
        renew(site, renewing[index] as Phone),
      )
      phones.splice(0, count, ...renewed)
    },
    async bare() {
      const handshake = await bareHandshake(site, phones[0] as Phone)
      return handshake + cpuOf(verifyOnce, bareTimes) + cpuOf(signOnce, bareTimes)
    },
  }
}

/** CPU of the process that does the handshake and nothing more, microseconds. */
async function bareHandshake(site: AuthoritySite, phone: Phone): Promise<number> {
  const port = await freePort()
  const file = (name: string) => path.join(site.directory, name)
  const issuers = phone.issued.certificates
    .slice(1)
    .map((der) => toPem('CERTIFICATE', bytesOf(der)))
  writeFileSync(file('device-ca.pem'), issuers.join(''))
  const module = fileURLToPath(new URL('./bare-tls-process.js', import.meta.url))
  const files = [file('server.crt'), file('server.key'), file('device-ca.pem')]
  const server = await startServer({
    name: 'bare-tls',
    command: [process.execPath, module, ...files, String(port), '2000'],
    directory: site.directory,
    port,
  })
  try {
    const shake = async () => {
      const agent = new https.Agent({
        ca: site.caPem,
        ...identityOf(phone),
      })
      await ask(`https://127.0.0.1:${port}/`, { json: {}, agent })
      agent.destroy()
    }
    await inParallel(50, concurrency, shake)
    const before = cpuMicroseconds(server.id)
    await inParallel(bareTimes, concurrency, shake)
    return (cpuMicroseconds(server.id) - before) / bareTimes
  } finally {
    await server.stop()
  }
}

/** Questions with a nonce, about one certificate: each is signed. */
export function ocspAnswers(
  site: AuthoritySite,
  times: number,
  asked: { certificate: Certificate; issuer: Certificate },
): AuthorityWork {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency })
  const headers = { 'content-type': 'application/ocsp-request' }
  return {
    name: 'OCSP answer',
    about: 'with a nonce, signed for each',
    times,
    async run(count) {
      await inParallel(count, concurrency, () =>
        ask(`${site.status}/ocsp`, {
          bytes: ocspQuestion(asked.certificate, asked.issuer),
          headers,
          agent,
        }),
      )
    },
    bare: () => Promise.resolve(cpuOf(signOnce, bareTimes)),
  }
}

/** One revocation more: from the word to the list that has it. */
export function listIssue(
  listUrl: string,
  revoke: () => Promise<void>,
  entries: number,
): AuthorityWork {
  const agent = new http.Agent({ keepAlive: true })
  let bytes = 0
  return {
    name: 'revocation list',
    about: `of ${entries.toLocaleString('en')} revoked`,
    times: 1,
    async run(count) {
      for (let done = 0; done < count; done++) {
        const before = await ask(listUrl, { agent })
        await revoke()
        const deadline = performance.now() + 60_000
        for (;;) {
          const list = await ask(listUrl, { agent })
          bytes = list.length
          if (!list.equals(before)) break
          if (performance.now() > deadline) throw new Error('the list is not issued')
          await delay(200)
        }
      }
    },
    bare: () => Promise.resolve(cpuOf(signLong(bytes), 20)),
  }
}

/** The issuer and the certificate of a phone. */
export function certificatesOf({ issued }: Phone): {
  certificate: Certificate
  issuer: Certificate
} {
  const [certificate, issuer] = issued.certificates.map((der) => parseCertificate(bytesOf(der)))
  if (certificate === undefined || issuer === undefined) throw new Error('no chain was issued')
  return { certificate, issuer }
}
