import { readConfig } from '@sallyport/config'
import Type from 'typebox'
import { covers } from '../coverage.ts'
import type { PinnedHost } from '../pins-file.ts'
import { hostNameForm, type SubdomainDepth, subdomainDepths } from '../pins-schema.ts'
import type { CheckFinding } from './finding.ts'
import { pinDigest } from './match.ts'

/** A set of pins that was found in a compiled package: what its installs will hold servers to. */
export type PackagedPins = {
  /** Which package, and where in it: `app.apk: res/xml/network_security_config.xml`. */
  readonly where: string
  /** Lower case. */
  readonly host: string
  readonly subdomains: SubdomainDepth
  /** base64, as they stand there. */
  readonly sha256: readonly string[]
  /** Milliseconds, where the set ends by itself. */
  readonly expires?: number
}

const packagedSchema = Type.Object(
  {
    pins: Type.Array(
      Type.Object(
        {
          where: Type.String({ maxLength: 1_024 }),
          host: Type.String({ pattern: hostNameForm }),
          subdomains: Type.Enum([...subdomainDepths], { default: 'none' }),
          sha256: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 1_024 }),
          expires: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        { additionalProperties: false },
      ),
      { maxItems: 4_096 },
    ),
  },
  { additionalProperties: false },
)

/**
 * Sets of pins from a JSON file: `{"pins":[{"where","host","subdomains","sha256":[],"expires"}]}`, for tools that find
 * them in packages.
 *
 * @throws Problem `pins_unreadable`; `pins_invalid` with its place
 */
export function readPackagedPins(file: string): readonly PackagedPins[] {
  const reasons = { invalid: 'pins_invalid', unreadable: 'pins_unreadable' } as const
  return readConfig<{ pins: PackagedPins[] }>(file, packagedSchema, reasons).value.pins
}

/** The sets that hold for a host, and have not ended. */
export function packagedFor(
  packaged: readonly PackagedPins[],
  name: string,
  now: number,
): readonly PackagedPins[] {
  return packaged.filter(
    ({ host, subdomains, expires }) =>
      covers({ name: host, subdomains }, name) && (expires === undefined || expires > now),
  )
}

/** How what is packaged differs from what the file says of a host. */
export function packagedDrift(
  host: PinnedHost,
  packaged: readonly PackagedPins[],
  now: number,
): CheckFinding[] {
  const ended = packaged.filter(
    (each) =>
      covers({ name: each.host, subdomains: each.subdomains }, host.name) && !isIn(each, now),
  )
  const notes = ended.map(({ where, expires }) => ({
    what: `the pins of the package ended on ${new Date(expires ?? 0).toISOString().slice(0, 10)}: it is unpinned`,
    where,
  }))
  const wanted = host.pins.map((pin) => pinDigest(pin, 'key'))
  const drifts = packagedFor(packaged, host.name, now).flatMap(({ where, sha256 }) => {
    const missing = wanted.filter((pin) => pin !== undefined && !sha256.includes(pin))
    const extra = sha256.filter((pin) => !wanted.includes(pin))
    return [
      ...(missing.length === 0
        ? []
        : [{ where, what: `the package lacks pins of the file: ${missing.join(', ')}` }]),
      ...(extra.length === 0
        ? []
        : [{ where, what: `the package has pins that the file has not: ${extra.join(', ')}` }]),
    ]
  })
  return [...notes, ...drifts].map(({ what, where }) => ({
    host: host.name,
    outcome: 'note' as const,
    about: { kind: 'package' as const, name: where },
    what,
    fix: 'Generate its configuration anew, and build.',
  }))
}

function isIn({ expires }: PackagedPins, now: number): boolean {
  return expires === undefined || expires > now
}
