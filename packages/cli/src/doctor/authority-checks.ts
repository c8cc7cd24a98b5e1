import type { AdminGateway } from '@sallyport/authority'
import { isProblem, reasonOf } from '@sallyport/problem'
import { momentWords, spanWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

/** More than this, and certificates that were just issued are not valid yet, or tokens end early. */
const clockToleranceMs = 5_000
/** Three reports of a gateway. */
const silentAfterMs = 15_000

/** The admin API answers; its clock agrees with ours; each gateway was heard of late. */
export const authorityCheck: DoctorCheck = {
  name: 'authority',
  examine: async ({ client, now }) => {
    if (client === undefined) {
      const fix = 'Add admin: { url, caFile, tokenFile } where commands should reach the authority.'
      return [{ check: 'authority', verdict: 'warn', what: 'admin', found: 'not configured', fix }]
    }
    try {
      const { gateways } = await client.call('listGateways')
      const reached: Finding = {
        check: 'authority',
        verdict: 'ok',
        what: client.url,
        found: 'answers, and takes the token',
      }
      return [
        reached,
        clockFinding(client.clockOffsetMs()),
        ...gateways
          .filter(({ status }) => status === 'active')
          .map((gateway) => gatewayFinding(gateway, now())),
      ]
    } catch (error) {
      if (!isProblem(error)) throw error
      const { fix } = reasonOf(error.code)
      return [{ check: 'authority', verdict: 'fail', what: client.url, found: error.message, fix }]
    }
  },
}

function clockFinding(offsetMs: number | undefined): Finding {
  const finding = { check: 'clocks', what: "this machine's against the authority's" }
  if (offsetMs === undefined) {
    return {
      ...finding,
      verdict: 'warn',
      found: 'the authority told no time',
      fix: 'Compare by hand.',
    }
  }
  const found = `${spanWords(offsetMs)} apart`
  if (Math.abs(offsetMs) <= clockToleranceMs) return { ...finding, verdict: 'ok', found }
  const fix = 'Set both by NTP: certificates and tokens begin and end by these clocks.'
  return { ...finding, verdict: 'fail', found, fix }
}

function gatewayFinding(gateway: AdminGateway, now: number): Finding {
  const { name, lastSeenAt, behind } = gateway
  const finding = { check: 'gateways', what: name }
  if (lastSeenAt === null) {
    const fix = 'Start it, or revoke it with `sallyport gateways revoke` if it is gone for good.'
    return { ...finding, verdict: 'warn', found: 'has never reported', fix }
  }
  const seen = `heard ${momentWords(Date.parse(lastSeenAt), now)}, ${behind} changes behind`
  if (now - Date.parse(lastSeenAt) <= silentAfterMs)
    return { ...finding, verdict: 'ok', found: seen }
  const fix =
    'It decides by what it heard last. Look at its process, and at its way to the authority.'
  return { ...finding, verdict: 'fail', found: seen, fix }
}
