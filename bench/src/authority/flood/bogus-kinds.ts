import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type http from 'node:http'
import https from 'node:https'
import { createSigningRequest } from '@sallyport/pki'
import { makeDevelopmentRoot } from '@sallyport/virtual-device'
import { devicePaths, toBase64url } from '@sallyport/wire'
import { apps, type AuthoritySite } from '../authority-site.ts'
import { ocspCertificate, ocspQuestions } from '../ocsp-question.ts'
import { bytesOf, evidenceOf, type Phone, takeChallenge } from '../phones.ts'
import { certificatesOf } from '../works.ts'
import type { BogusKind } from './bogus-request.ts'
import { scepMessage } from './scep-message.ts'

const json = 'application/json'

/**
 * What strangers may send, each as costly to refuse as we could make it: its first parts hold, and what is wrong
 * comes last.
 */
export async function bogusKinds(site: AuthoritySite, known: Phone): Promise<BogusKind[]> {
  const agent = new https.Agent({ ca: site.caPem })
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const challenge = await takeChallenge(site, agent, apps.feed)
  const enrollment = (evidence: unknown) => ({
    origin: site.device,
    path: devicePaths.certificates,
    type: json,
    body: Buffer.from(
      JSON.stringify({
        appId: apps.feed,
        challenge,
        csr: toBase64url(createSigningRequest(key)),
        evidence,
        platform: 'android',
        appVersion: '1.0.0',
        deviceModel: 'Virtual phone',
      }),
    ),
  })
  const genuine = evidenceOf(site, key.publicKey, challenge)
  const foreign = evidenceOf(
    { ...site, attestationRoot: makeDevelopmentRoot() },
    key.publicKey,
    challenge,
  )
  return [
    {
      name: 'garbage',
      about: '8 KB that are no JSON',
      request: {
        origin: site.device,
        path: devicePaths.certificates,
        type: json,
        body: Buffer.from(randomBytes(6_000).toString('base64')),
      },
    },
    {
      name: 'false evidence',
      about: 'an open challenge, a signed request, a chain of another root',
      request: enrollment(foreign),
    },
    {
      name: 'forged chain',
      about: 'a chain of which every signature holds but that of the leaf',
      request: enrollment(withForgedLeaf(genuine)),
    },
    {
      name: 'ACME',
      about: 'a new account whose signature does not hold, under a nonce of ours',
      request: await acmeMessage(site),
    },
    {
      name: 'EST',
      about: 'a body of 4 MB',
      request: {
        origin: site.device,
        path: `/.well-known/est/${apps.feed}/simpleenroll`,
        type: 'application/pkcs10',
        body: Buffer.alloc(4 * 1024 * 1024, 'A'),
      },
    },
    {
      name: 'SCEP',
      about: 'signed, and encrypted to the RA, with a challenge password that is none',
      request: {
        origin: site.status,
        path: `/scep/${apps.feed}?operation=PKIOperation`,
        type: 'application/x-pki-message',
        body: await scepMessage(`${site.status}/scep/${apps.feed}`),
      },
    },
    {
      name: 'OCSP, 10,000 entries',
      about: 'one request about as many certificates',
      request: ocsp(site, known, 10_000),
    },
    {
      name: 'OCSP',
      about: 'as many certificates as a request may name, and a nonce, so that each is signed',
      request: ocsp(site, known, 32),
    },
  ]
}

/** The same chain, in the leaf of which one bit of the signature is another. */
function withForgedLeaf(evidence: ReturnType<typeof evidenceOf>) {
  const [leaf = '', ...rest] = evidence['chain'] as string[]
  const der = Buffer.from(bytesOf(leaf))
  const last = der.length - 1
  der[last] = (der[last] ?? 0) ^ 1
  return { ...evidence, chain: [toBase64url(der), ...rest] }
}

async function acmeMessage(site: AuthoritySite) {
  const agent = new https.Agent({ ca: site.caPem })
  const path = `/acme/${apps.feed}/new-account`
  const nonce = await nonceOf(`${site.device}/acme/${apps.feed}/new-nonce`, agent)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { kty, crv, x, y }
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const message = {
    protected: text({ alg: 'ES256', jwk, nonce, url: site.device + path }),
    payload: text({ termsOfServiceAgreed: true }),
    // 0 < r, s: a signature that is of that form, and not by that key.
    signature: Buffer.alloc(64, 7).toString('base64url'),
  }
  const body = Buffer.from(JSON.stringify(message))
  return { origin: site.device, path, type: 'application/jose+json', body }
}

function nonceOf(url: string, agent: https.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    https
      .request(url, { method: 'HEAD', agent }, (answer: http.IncomingMessage) => {
        answer.resume()
        resolve(String(answer.headers['replay-nonce']))
      })
      .on('error', reject)
      .end()
  })
}

function ocsp(site: AuthoritySite, known: Phone, entries: number) {
  const { certificate, issuer } = certificatesOf(known)
  const id = ocspCertificate(certificate, issuer)
  const body = ocspQuestions(Array.from({ length: entries }, () => id))
  return { origin: site.status, path: '/ocsp', type: 'application/ocsp-request', body }
}
