import { type ReasonCode, reasonOf } from '@sallyport/problem'
import type { DoctorCheck, Finding } from './finding.ts'

/**
 * Reasons that a client which behaves never causes by itself: where requests are refused for one of them, a
 * setting here or at the identity provider is wrong, or somebody forges.
 */
const tellingReasons: readonly ReasonCode[] = [
  'identity_provider_unavailable',
  'token_issuer_unknown',
  'token_audience_wrong',
  'token_type_wrong',
  'token_algorithm_refused',
  'token_key_unknown',
  'token_claims_invalid',
  'token_not_yet_valid',
  'token_confirmation_unknown',
  'token_confirmation_hex',
  'token_provider_ambiguous',
  'token_bound_elsewhere',
  'token_issued_after_renewal',
  'dpop_proof_target_wrong',
  'hop_unauthenticated',
  'forwarded_address_invalid',
  'forwarded_certificate_invalid',
  'decision_call_refused',
  'stage_unavailable',
  'upstream_untrusted',
]

const maxMetricsBytes = 4 * 1024 * 1024

/** What the running gateway refuses that a setting may be to blame for, as its metrics have it. */
export const refusalCheck: DoctorCheck = {
  name: 'refusals',
  examine: async ({ file }) => {
    const gateway = file.value['gateway'] as { operations?: { listen: string } } | undefined
    const listen = gateway?.operations?.listen
    if (listen === undefined) return []
    const metrics = await metricsOf(listen)
    return metrics === undefined ? [] : refusalFindings(metrics)
  },
}

/** Undefined where no gateway answers: the check of listeners has said so. */
async function metricsOf(listen: string): Promise<string | undefined> {
  const reached = listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')
  try {
    const response = await fetch(`http://${reached}/metrics`, {
      redirect: 'error',
      signal: AbortSignal.timeout(3_000),
    })
    const text = response.status === 200 ? await response.text() : ''
    return text.length > maxMetricsBytes ? undefined : text
  } catch (error) {
    // fetch says nothing else of a connection that is refused, reset or late.
    if (error instanceof TypeError || error instanceof DOMException) return undefined
    throw error
  }
}

const line = /^sallyport_requests_total\{(.*)\} (\d+)$/gm
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** A finding for each telling reason, of all hosts and routes; one that all is well where there is none. */
export function refusalFindings(metrics: string): Finding[] {
  const counts = new Map<string, { requests: number; routes: Set<string> }>()
  for (const [, labels = '', value = '0'] of metrics.matchAll(line)) {
    const of = Object.fromEntries([...labels.matchAll(label)].map(([, key, text]) => [key, text]))
    if (of['outcome'] === 'forwarded') continue
    const reason = of['reason'] ?? ''
    const counted = counts.get(reason) ?? { requests: 0, routes: new Set() }
    counted.requests += Number(value)
    counted.routes.add(`${of['host']} ${of['route']}`)
    counts.set(reason, counted)
  }
  const findings = tellingReasons.flatMap((reason): Finding[] => {
    const counted = counts.get(reason)
    if (counted === undefined) return []
    const [route, ...others] = counted.routes
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    const found = `${counted.requests} requests since the gateway started, on ${route}${more}`
    return [{ check: 'refusals', verdict: 'warn', what: reason, found, fix: reasonOf(reason).fix }]
  })
  if (findings.length > 0) return findings
  const found = 'none that a setting here, at the proxy or at the identity provider is to blame for'
  return [{ check: 'refusals', verdict: 'ok', what: 'of the running gateway', found }]
}
