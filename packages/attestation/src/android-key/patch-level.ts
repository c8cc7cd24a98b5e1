const dayMs = 86_400_000

/**
 * The day of a patch level as KeyMint tells it, 202605 or 20260505, in milliseconds; of a month, its
 * first day, and of a day 0 too, which some phones write. Undefined where it is neither: phones
 * without a level of their own say 0.
 */
export function patchLevelTime(level: number | undefined): number | undefined {
  if (level === undefined) return undefined
  const day = level < 1_000_000 ? level * 100 : level
  return timeOf(Math.floor(day / 10_000), Math.floor(day / 100) % 100, day % 100)
}

/** The same of `2026-05` or `2026-05-05`. TypeError for anything else: policies are checked when they are read. */
export function policyPatchTime(level: string): number {
  const [, year, month, day = '1'] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(level) ?? []
  const time = timeOf(Number(year), Number(month), Number(day))
  if (time === undefined)
    throw new TypeError(`not a patch level as 2026-05 or 2026-05-05: ${level}`)
  return time
}

/** As `2026-05` or `2026-05-05`, or the number as it is where it is neither. */
export function patchLevelText(level: number | undefined): string {
  if (level === undefined) return 'none'
  return String(level).replace(/^(\d{4})(\d\d)(\d\d)?$/, (_, year, month, day) =>
    [year, month, day].filter((part) => part !== undefined).join('-'),
  )
}

/** How many days lie between a patch level and a time. */
export const patchAgeDays = (levelTime: number, at: number): number =>
  Math.floor((at - levelTime) / dayMs)

function timeOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 2_000 && year < 10_000 && month >= 1 && month <= 12 && day >= 0 && day <= 31)) {
    return undefined
  }
  return Date.UTC(year, month - 1, Math.max(day, 1))
}
