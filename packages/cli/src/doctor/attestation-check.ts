import type { AppConfig, AttestationStatus } from '@sallyport/authority'
import { isProblem } from '@sallyport/problem'
import { spanWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

const check = 'attestation'

/**
 * Whether apps ask phones to prove anything, and whether what their evidence is judged by is fresh. Nothing
 * is said of the latter where the authority is not reached: other checks tell of that.
 */
export const attestationCheck: DoctorCheck = {
  name: check,
  examine: async ({ file, client }) => {
    const apps = (file.value['apps'] ?? {}) as Record<string, AppConfig>
    const findings = Object.entries(apps).flatMap(([appId, app]) => appFindings(appId, app))
    if (client === undefined) return findings
    try {
      const status = await client.call('getAttestationStatus')
      return [...findings, ...statusFindings(status)]
    } catch (error) {
      if (isProblem(error)) return findings
      throw error
    }
  },
}

/** What an app leaves open. */
export function appFindings(appId: string, { enrollment }: AppConfig): Finding[] {
  const { mode, evidence, approval, enrollmentToken, user } = enrollment
  const isOpen = approval === 'none' && enrollmentToken !== 'required' && user.mode !== 'required'
  const what = `apps.${appId}`
  if (evidence.length === 0 && isOpen) {
    const fix =
      'Name formats under enrollment.evidence, or ask for an approval, an enrolment token or a user.'
    return [{ check, verdict: 'warn', what, found: 'whoever asks enrols, and proves nothing', fix }]
  }
  if (mode === 'shadow') {
    const found = 'mode shadow: whoever asks enrols, without evidence, token or approval'
    const fix = `When \`sallyport attestation report --app ${appId}\` names only what you want to refuse: mode enforce.`
    return [{ check, verdict: 'warn', what, found, fix }]
  }
  return []
}

/** Fails where phones are refused for it now. */
export function statusFindings({ needed, statusList, problems }: AttestationStatus): Finding[] {
  // Receipts of iPhones go on without status list and roots.
  const told = needed ? problems : problems.filter(({ about }) => about === 'receipts')
  if (told.length === 0) {
    if (!needed) return []
    return [{ check, verdict: 'ok', what: 'status list', found: ageWords(statusList) }]
  }
  return told.map(({ code, about, title, detail, fix }) => {
    const isRefusing =
      about === 'statusList' && statusList.tooOld && statusList.whenTooOld === 'refuse'
    const verdict = isRefusing ? 'fail' : 'warn'
    return { check, verdict, what: about, found: `${title} (${code}): ${detail}`, fix }
  })
}

/** Nothing is wrong with none at all where none is fetched and none is asked for. */
function ageWords({ ageSeconds }: AttestationStatus['statusList']): string {
  return ageSeconds === null
    ? 'there is none, and none is asked for'
    : `${spanWords(ageSeconds * 1_000)} old`
}
