/** Upper bounds in seconds. */
export const durationBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

/** Durations, counted by the smallest bound they do not exceed. */
export class Histogram {
  readonly counts = new Float64Array(durationBounds.length + 1)
  sum = 0

  observe(seconds: number): void {
    let index = 0
    while (index < durationBounds.length && seconds > (durationBounds[index] ?? 0)) index++
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.sum += seconds
  }
}
