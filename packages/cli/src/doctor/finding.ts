import type { ConfigFile } from '@sallyport/config'
import type { AdminClient } from '../admin/admin-client.ts'

/** How bad a finding is: `warn` will hurt later, `fail` hurts now. */
export type Verdict = 'ok' | 'warn' | 'fail'

/** One line of `sallyport doctor`: what was looked at, what was found, and what to do about it. */
export type Finding = {
  check: string
  verdict: Verdict
  what: string
  found: string
  fix?: string
}

export type Examination = {
  file: ConfigFile<Record<string, unknown>>
  /** Undefined where the file names no admin API. */
  client: AdminClient | undefined
  now: () => number
}

/** One thing that doctor looks at. A row of the table of checks. */
export type DoctorCheck = {
  readonly name: string
  readonly examine: (examination: Examination) => Promise<Finding[]> | Finding[]
}
