import { Problem } from '@sallyport/problem'
import type { Admin } from './admin.ts'
import type { TokenScope } from './admin-token.ts'

/**
 * What a new token is narrowed to: as asked, and never wider than whoever makes it. What is not asked for is
 * as the maker has it.
 *
 * @throws Problem `admin_scope_too_narrow`
 */
export function narrowScope(maker: Admin, asked: TokenScope): TokenScope {
  return {
    apps: within('apps', maker.apps, asked.apps),
    verbs: within('verbs', maker.verbs, asked.verbs),
    networks: within('networks', maker.networks, asked.networks),
  }
}

/** Networks are compared as they are written: one that lies in another is another. */
function within<T extends string>(
  name: string,
  held: readonly T[] | undefined,
  asked: readonly T[] | undefined,
): readonly T[] | undefined {
  if (held === undefined || asked === undefined) return asked ?? held
  const beyond = asked.filter((one) => !held.includes(one))
  if (beyond.length === 0) return asked
  throw new Problem('admin_scope_too_narrow', {
    detail: 'A token makes none that may more than itself',
    expected: `${name} among ${held.join(', ')}`,
    found: beyond.join(', '),
  })
}
