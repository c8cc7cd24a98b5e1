import { isProblem, type Problem } from '@sallyport/problem'
import { type IdentityProvider, resolveProviderFiles } from '@sallyport/token/configuration'
import type { ProviderExamination } from '@sallyport/token/verify'

export type ExaminedProvider = {
  readonly name: string
  /** What was seen of it, or why it could not be asked. */
  readonly seen: ProviderExamination | Problem
}

/** Asks each provider of a configuration for its keys once, all at the same time. */
export async function examineProviders(
  providers: Readonly<Record<string, IdentityProvider>>,
  options: { readonly resolveFile: (file: string) => string; readonly now: () => number },
): Promise<ExaminedProvider[]> {
  const { examineProvider } = await import('@sallyport/token/verify')
  return Promise.all(
    Object.entries(providers).map(async ([name, provider]) => {
      const resolved = resolveProviderFiles(provider, options.resolveFile)
      try {
        return { name, seen: await examineProvider(name, resolved, options.now) }
      } catch (error) {
        if (!isProblem(error)) throw error
        return { name, seen: error }
      }
    }),
  )
}
