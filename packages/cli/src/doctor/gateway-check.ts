import { isProblem } from '@sallyport/problem'
import { checkGateway } from '../configuration/check-gateway.ts'
import type { DoctorCheck } from './finding.ts'

/** Whether a gateway would start on the file: what no schema can say of it. */
export const gatewayCheck: DoctorCheck = {
  name: 'gateway',
  examine: ({ file }) => {
    const finding = { check: 'gateway', what: file.path }
    try {
      checkGateway(file)
      return [{ ...finding, verdict: 'ok', found: 'a gateway takes it' }]
    } catch (error) {
      if (!isProblem(error)) throw error
      const fix = error.expected === undefined ? 'Mend it there.' : `Expected ${error.expected}.`
      return [{ ...finding, verdict: 'fail', found: error.message, fix }]
    }
  },
}
