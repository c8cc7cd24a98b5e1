import { KeyFault } from '../key-fault.ts'

/** One try of so many takes a second or two; keystores of today have at most 600 000. */
export const maxRounds = 2_000_000

/** @throws KeyFault where it is not from 1 to the most that are computed */
export function boundRounds(rounds: number): number {
  if (rounds < 1 || rounds > maxRounds) {
    throw new KeyFault(`${rounds} rounds of key derivation: at most ${maxRounds} are computed`)
  }
  return rounds
}
