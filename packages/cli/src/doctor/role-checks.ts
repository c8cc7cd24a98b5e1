import { isProblem } from '@sallyport/problem'
import { checkAuthorityPart } from '../configuration/check-authority.ts'
import { checkGateway } from '../configuration/check-gateway.ts'
import type { DoctorCheck, Examination } from './finding.ts'

/** Whether an authority would start on the file: what no schema can say of it. */
export const authorityPartCheck = roleCheck(
  'authority',
  'an authority takes it',
  checkAuthorityPart,
)

/** The same of a gateway. */
export const gatewayCheck = roleCheck('gateway', 'a gateway takes it', checkGateway)

function roleCheck(
  role: string,
  found: string,
  check: (file: Examination['file']) => void,
): DoctorCheck {
  return {
    name: role,
    examine: ({ file }) => {
      if (file.value[role] === undefined) return []
      const finding = { check: role, what: file.path }
      try {
        check(file)
        return [{ ...finding, verdict: 'ok', found }]
      } catch (error) {
        if (!isProblem(error)) throw error
        const fix = error.expected === undefined ? 'Mend it there.' : `Expected ${error.expected}.`
        return [{ ...finding, verdict: 'fail', found: error.message, fix }]
      }
    },
  }
}
