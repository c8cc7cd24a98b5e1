// A pure table: what can be wrong with a file of pins. For whoever builds the app.
import type { Reason } from './reason.ts'

const pins = (title: string, fix: string): Reason => ({
  area: 'setup',
  status: 0,
  title,
  fix,
  retryable: false,
})

export const pinReasons = {
  pins_invalid: pins(
    'The file of pins is not valid',
    'Mend the member at the file, line and column that are named. `sallyport pins explain` tells what each member comes to.',
  ),
  pins_unreadable: pins(
    'The file of pins, or a certificate that it names, cannot be read',
    'Check the path; certificates are relative to the file of pins. `sallyport pins init <host>` makes a file.',
  ),
  pins_refused: pins(
    'These pins would lock users out, or protect nobody',
    'The detail names what is missing: most often `sallyport pins backup <host>`, whose key is there for the day the one in use is gone.',
  ),
  pins_not_expressible: pins(
    'This platform cannot say what the file of pins says',
    'Change the host as the detail tells, or generate another target: `sallyport pins explain` lists what each of them can say.',
  ),
} as const satisfies Record<string, Reason>
