import { existsSync } from 'node:fs'
import path from 'node:path'
import { resolvePath } from '@sallyport/config'
import { insecureSwitches } from '../configuration/insecure-switches.ts'
import type { DoctorCheck } from './finding.ts'

/** Needed only to make another CA or server certificate: whoever has them can make any device. */
const rootKeys = ['device-root.key.json', 'service-root.key.json']

type Keys = { authority?: { keys?: { directory?: string } } }

/** The keys of the roots lie offline. Where this is for development anyway, nothing is said. */
export const rootKeyCheck: DoctorCheck = {
  name: 'root keys',
  examine: ({ file }) => {
    const directory = (file.value as Keys).authority?.keys?.directory
    if (directory === undefined || insecureSwitches(file.value).length > 0) return []
    return rootKeys.map((name) => {
      const what = path.join(resolvePath(file.directory, directory), name)
      if (!existsSync(what))
        return { check: 'root keys', verdict: 'ok', what, found: 'is not here' }
      const fix = 'Copy it to a medium that you keep offline, then remove it here.'
      return { check: 'root keys', verdict: 'warn', what, found: 'is on this machine', fix }
    })
  },
}
