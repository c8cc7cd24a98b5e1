/**
 * The middle of some measurements: of an even number, the mean of the two in the middle.
 *
 * @throws TypeError there is none
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new TypeError('median of nothing')
  return (upper + lower) / 2
}

/**
 * The smallest measurement that at least this share of all is not above (nearest rank).
 *
 * @param share above 0, at most 1
 * @throws TypeError there is none, or the share is outside its range
 */
export function percentile(values: ArrayLike<number>, share: number): number {
  if (!(share > 0 && share <= 1)) throw new TypeError(`share ${share} is not above 0 and at most 1`)
  const value = Float64Array.from(values).sort()[Math.ceil(values.length * share) - 1]
  if (value === undefined) throw new TypeError('percentile of nothing')
  return value
}

/**
 * How many times the base a measurement is: the median over rounds, each compared with the base of the
 * same round, so that what slows the whole machine for a while cancels out.
 *
 * @throws TypeError the two were not measured in the same rounds
 */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  if (values.length !== base.length) throw new TypeError('not measured in the same rounds')
  return median(values.map((value, round) => value / (base[round] as number)))
}
