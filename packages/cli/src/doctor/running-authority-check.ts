import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { isReasonCode, reasonOf } from '@sallyport/problem'
import { spanWords } from '../terminal/span.ts'
import type { DoctorCheck, Examination, Finding } from './finding.ts'

const check = 'running authority'
const timeoutMs = 3_000
/** More than this, and leases, dates of certificates and the audit log of several authorities disagree. */
const clockToleranceMs = 5_000

type Listeners = Readonly<Record<string, { listen?: string; certificateFile?: string } | undefined>>
type Described = { authority?: { listeners?: Listeners } }

/** What an authority on this machine says of itself, at its operations listener. Where none answers, nothing: `listeners` tells of that. */
export const runningAuthorityCheck: DoctorCheck = {
  name: check,
  examine: async ({ file }) => {
    const listeners = (file.value as Described).authority?.listeners
    const listen = listeners?.['operations']?.listen
    if (listeners === undefined || listen === undefined) return []
    const origin = `http://${listen.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]')}`
    const [ready, metrics] = await Promise.all([
      ask(`${origin}/health/ready`),
      ask(`${origin}/metrics`),
    ])
    if (ready === undefined) return []
    return [
      readiness(ready),
      ...clock(metrics ?? ''),
      ...missingKeys(metrics ?? ''),
      ...failingSigner(metrics ?? ''),
      ...servedCertificates(metrics ?? '', listeners, file),
    ]
  },
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    return await answer.text()
  } catch {
    return undefined
  }
}

function readiness(text: string): Finding {
  const finding = { check, what: '/health/ready' }
  const { status, checks = {} } = readJson(text)
  if (status === 'ready') return { ...finding, verdict: 'ok', found: 'ready' }
  if (status === 'ending') return { ...finding, verdict: 'warn', found: 'it is ending' }
  const wrong = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok')
  const found = wrong.map(([name, outcome]) => `${name}: ${outcome}`).join(', ')
  const fix = `It issues nothing. Its log says why: "not ready".`
  return { ...finding, verdict: 'fail', found: found === '' ? text.slice(0, 200) : found, fix }
}

function readJson(text: string): { status?: string; checks?: Record<string, string> } {
  try {
    return JSON.parse(text) as { status?: string; checks?: Record<string, string> }
  } catch {
    return {}
  }
}

/** The value of a sample, named with its labels as Prometheus has them. */
function sampleOf(metrics: string, name: string): number | undefined {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

function clock(metrics: string): Finding[] {
  const seconds = sampleOf(metrics, 'sallyport_authority_clock_offset_seconds')
  if (seconds === undefined) return []
  const finding = { check: 'clocks', what: "the authority's against the store's" }
  const found = `${spanWords(seconds * 1_000)} apart`
  if (Math.abs(seconds * 1_000) <= clockToleranceMs) return [{ ...finding, verdict: 'ok', found }]
  const fix = 'Set both by NTP: certificates begin and end by the one, leases by the other.'
  return [{ ...finding, verdict: 'fail', found, fix }]
}

const keyMissing =
  /^sallyport_authority_ca_key_missing\{app="(.*)",kind="(.*)",lane="(.*)",name="(.*)"\} 1$/

/** Each authority has a signer of its own: a CA that was made at another one issues there alone until its key is copied. */
function missingKeys(metrics: string): Finding[] {
  return metrics.split('\n').flatMap((line): Finding[] => {
    const [, app = '', kind = '', lane = '', name] = keyMissing.exec(line) ?? []
    if (name === undefined) return []
    const what = ['CA of', app, kind, lane].filter((word) => word !== '').join(' ')
    const found = `its key ${name} is not here: this authority issues by the CA before it, or not at all`
    const fix = `Copy ${name}.key.json, within authority.keys.directory, from the machine where the CA was made. Then: sallyport reload`
    return [{ check, what, verdict: 'fail', found, fix }]
  })
}

const failing =
  /^sallyport_authority_signing_failing\{operation="([A-Za-z]+)",reason="([a-z_0-9]+)"\} 1$/

/** What the signer could not do last: its token was taken out, or Vault is sealed, and it answers all the same. */
export function failingSigner(metrics: string): Finding[] {
  return metrics.split('\n').flatMap((line): Finding[] => {
    const [, operation = '', reason = ''] = failing.exec(line) ?? []
    if (!isReasonCode(reason)) return []
    const { fix } = reasonOf(reason)
    return [{ check, what: `signer, ${operation}`, verdict: 'fail', found: reason, fix }]
  })
}

/** What was renewed in its file and not taken up ends all the same. */
function servedCertificates(
  metrics: string,
  listeners: Listeners,
  file: Examination['file'],
): Finding[] {
  const name = 'sallyport_authority_server_certificate_expiry_timestamp_seconds'
  return ['device', 'admin'].flatMap((listener): Finding[] => {
    const served = sampleOf(metrics, `${name}{listener="${listener}"}`)
    const certificateFile = listeners[listener]?.certificateFile
    if (served === undefined || certificateFile === undefined) return []
    const path = resolvePath(file.directory, certificateFile)
    const onDisk = existsSync(path) ? endOf(path) : undefined
    if (onDisk === undefined || onDisk === served) return []
    const found = `serves a certificate that ends ${dayOf(served)}, and the file has one that ends ${dayOf(onDisk)}`
    const fix = 'Have it take the file: SIGHUP, as `systemctl reload sallyport` sends it.'
    return [{ check, what: `${listener} listener`, verdict: 'warn', found, fix }]
  })
}

/** Seconds since 1970; undefined where it is no certificate, of which another check tells. */
function endOf(path: string): number | undefined {
  try {
    return Math.floor(new X509Certificate(readFileSync(path)).validToDate.getTime() / 1_000)
  } catch {
    return undefined
  }
}

const dayOf = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 10)
