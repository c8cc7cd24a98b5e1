import { Problem } from '@sallyport/problem'
import type { Finding } from '../finding.ts'
import { forgeries, type ForgedIdentity, preambles } from './forgeries.ts'
import { type Probed, probe, probedWords } from './probe.ts'

/** What a gateway says to whoever brings no certificate to a route that needs one. */
const demand = 'device_certificate_required'

/**
 * Plays somebody outside who claims to be a device: asks without any claim first, then with each. A claim
 * that changes the answer was read, and what reads it may believe it; a claim that is believed of no
 * one leaves the answer as it was.
 *
 * @throws Problem `command_usage` where the URL is none of https
 */
export async function examineOutside(
  address: string,
  identities: readonly ForgedIdentity[],
): Promise<Finding[]> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'https:') {
    throw new Problem('command_usage', {
      detail: `--outside ${address} is no URL that a device would ask`,
      expected: 'https:// and a route that needs a device',
    })
  }
  const plain = await probe(url, {})
  const findings = [baseline(url, plain)]
  if (plain.kind === 'away') return findings
  findings.push(...(await tryPreambles(url, plain)))
  if (plain.kind === 'answered') findings.push(...(await tryForgeries(url, plain, identities)))
  return findings
}

function baseline(url: URL, plain: Probed): Finding {
  const finding = {
    check: 'outside',
    what: `${url.href} without a certificate`,
    found: probedWords(plain),
  }
  if (plain.kind === 'away') {
    const fix = 'Ask from where it can be reached, as devices do.'
    return { ...finding, verdict: 'fail', found: `nobody is there: ${plain.found}`, fix }
  }
  if (plain.kind === 'closed') {
    return {
      ...finding,
      verdict: 'ok',
      found: `TLS refuses, before any field is read: ${plain.found}`,
    }
  }
  if (plain.code === demand) return { ...finding, verdict: 'ok' }
  const isForProxies = plain.code === 'hop_unauthenticated'
  return {
    ...finding,
    verdict: 'warn',
    fix: isForProxies
      ? 'This listener is for a proxy alone, and can be reached from here: close it to everyone else.'
      : 'Ask a route that needs a device: where nobody is refused, nothing shows who is believed.',
  }
}

async function tryPreambles(url: URL, plain: Probed): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, bytes } of preambles) {
    const probed = await probe(url, { preamble: bytes })
    const finding = { check: 'outside', what: name }
    if (probed.kind !== 'answered') {
      const isUnclear = plain.kind !== 'answered'
      findings.push({
        ...finding,
        verdict: 'ok',
        found: isUnclear ? 'no answer, as without it' : 'the connection was closed',
      })
    } else {
      findings.push({
        ...finding,
        verdict: 'fail',
        found: `believed from here: ${probedWords(probed)}`,
        fix: 'List the networks of the balancers alone in proxyProtocol.from of the listener.',
      })
    }
  }
  return findings
}

async function tryForgeries(
  url: URL,
  plain: Probed,
  identities: readonly ForgedIdentity[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, fields } of forgeries(identities)) {
    const probed = await probe(url, { fields })
    const finding = { check: 'outside', what: name }
    if (probedWords(probed) === probedWords(plain)) {
      findings.push({ ...finding, verdict: 'ok', found: 'changes nothing' })
      continue
    }
    // Limits, and services themselves, may answer otherwise at another time.
    const again = await probe(url, {})
    const isSteady = probedWords(again) === probedWords(plain)
    findings.push({
      ...finding,
      verdict: isSteady ? 'fail' : 'warn',
      found: `${probedWords(probed)}, and ${probedWords(again)} without it`,
      fix: isSteady
        ? 'Something reads this field from anyone: bind the listener that believes it to its proxy (hop), and let nobody else reach it.'
        : 'The answers change by themselves: ask again, or another route.',
    })
  }
  return findings
}
