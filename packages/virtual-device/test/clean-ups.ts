import type { TestContext } from 'node:test'

export type CleanUps = Pick<TestContext, 'after'> & { run(): Promise<void> }

/** What all tests of a file share is taken down once they are over, the last made first. */
export function cleanUps(): CleanUps {
  const works: (() => unknown)[] = []
  return {
    after: (work?: unknown) => {
      works.push(work as () => unknown)
    },
    run: async () => {
      for (const work of works.toReversed()) await work()
    },
  }
}
