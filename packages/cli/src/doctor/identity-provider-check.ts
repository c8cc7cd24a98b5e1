import { resolvePath } from '@sallyport/config'
import { type ExaminedProvider, examineProviders } from '@sallyport/gateway'
import { isProblem, reasonOf } from '@sallyport/problem'
import { spanWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

type Providers = Parameters<typeof examineProviders>[0]

/** `clockLeewaySeconds` by default: new tokens of a clock that is further ahead are refused. */
const defaultLeewaySeconds = 10

/** Whether the keys of each identity provider can be read from here, are of use, and its clock is near ours. */
export const identityProviderCheck: DoctorCheck = {
  name: 'identity providers',
  examine: async ({ file, now }) => {
    const providers = (file.value['identityProviders'] ?? {}) as Providers
    const resolveFile = (named: string): string => resolvePath(file.directory, named)
    const examined = await examineProviders(providers, { resolveFile, now })
    return examined.flatMap((one) => providerFindings(one, providers))
  },
}

function providerFindings({ name, seen }: ExaminedProvider, providers: Providers): Finding[] {
  const finding = { check: 'identity providers', what: name }
  if (isProblem(seen)) {
    const found = [seen.message, seen.found].filter((words) => words !== undefined).join(': ')
    return [{ ...finding, verdict: 'fail', found, fix: reasonOf(seen.code).fix }]
  }
  const { algorithms = ['ES256', 'RS256'], clockLeewaySeconds = defaultLeewaySeconds } =
    providers[name] ?? {}
  const { keys, usableAlgorithms, introspection, clockAheadMs } = seen
  const asked = introspection === undefined ? [] : [`asked about tokens at ${introspection}`]
  if (keys !== undefined && usableAlgorithms.length === 0) {
    const found = `publishes ${keysWords(keys)}, and none is for ${algorithms.join(' or ')}`
    const fix = `Name what it signs access tokens with: identityProviders.${name}.algorithms.`
    return [{ ...finding, verdict: 'fail', found, fix }]
  }
  const published =
    keys === undefined
      ? []
      : [`publishes ${keysWords(keys)}, for ${usableAlgorithms.join(' and ')}`]
  return [
    { ...finding, verdict: 'ok', found: [...published, ...asked].join('; ') },
    ...clockFindings(name, clockAheadMs, clockLeewaySeconds * 1_000),
  ]
}

const keysWords = (count: number): string => (count === 1 ? '1 key' : `${count} keys`)

/** Nothing where it tells no time, as with keys in a file. */
function clockFindings(name: string, aheadMs: number | undefined, leewayMs: number): Finding[] {
  if (aheadMs === undefined) return []
  const finding = { check: 'clocks', what: `this machine's against that of ${name}` }
  const found = `${spanWords(Math.abs(aheadMs))} ${aheadMs < 0 ? 'ahead' : 'behind'}`
  // Its word is to the second, and was some time on its way.
  if (Math.abs(aheadMs) <= Math.max(leewayMs, 2_000)) {
    return [{ ...finding, verdict: 'ok', found: `${spanWords(Math.abs(aheadMs))} apart` }]
  }
  const fix =
    aheadMs > 0
      ? 'Set both by NTP: new tokens are refused as token_not_yet_valid, and expired ones live longer.'
      : 'Set both by NTP: tokens are refused as token_expired before their time.'
  return [{ ...finding, verdict: 'fail', found, fix }]
}
