import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { Signer } from '../signer/signer.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { User } from '../users/admit-user.ts'

/** What comes before the keyed hash of a user in the store. */
export const hashedPrefix = 'hashed:'
const hashedForm = /^hashed:[A-Za-z0-9_-]{43}$/
/** Of nobody: by its name it is told whether the key is the one that users were named with. */
const nobody: User = { provider: '', subject: '' }
const checkSetting = 'user_names_check'
export const maxUsersAtOnce = 500

export function isHashed(subject: string): boolean {
  return hashedForm.test(subject)
}

type Options = { store: Store; signer: Signer; config: () => AuthorityConfig }

/**
 * What users are called in the store: by default a keyed hash, whose key the signer has. Every authority over a
 * store has the same key, and a copy of the store alone says nothing of who they are.
 */
export class UserNames {
  readonly #options: Options
  #checked: Promise<void> | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** A user as it is stored. */
  async stored(user: User): Promise<User> {
    if (this.#isPlain(user.subject)) return user
    const [subject = ''] = await this.hashed([user])
    return { ...user, subject }
  }

  /** All that a subject may be stored as, of any provider: as it was typed, and hashed. */
  async storedSubjects(subject: string): Promise<string[]> {
    if (this.#isPlain(subject)) return [subject]
    const providers = Object.keys(this.#options.config().identityProviders)
    const users = providers.map((provider) => ({ provider, subject }))
    return users.length === 0 ? [subject] : [subject, ...(await this.hashed(users))]
  }

  /**
   * The keyed hashes of users, whatever they are stored as. At most `maxUsersAtOnce`.
   *
   * @throws Problem `key_missing` where the key is not there, or another one than users were named with
   */
  async hashed(users: readonly User[]): Promise<string[]> {
    await this.ready()
    return this.#named(users, false)
  }

  /**
   * Opens the key, or makes it where nobody was named yet.
   *
   * @throws Problem as `hashed`
   */
  async ready(): Promise<void> {
    this.#checked ??= this.#check()
    try {
      await this.#checked
    } catch (error) {
      // The key may be brought back.
      this.#checked = undefined
      throw error
    }
  }

  /**
   * Whether a subject is stored as it is. What looks like the hash of somebody is not one's own words; and of half
   * of a surrogate pair, or NUL, a store makes something else, or nothing: two people would be one.
   */
  #isPlain(subject: string): boolean {
    const isKept = subject.isWellFormed() && !subject.includes('\u0000')
    const isAsked = this.#options.config().authority.privacy.users === 'plain'
    return isAsked && isKept && !subject.startsWith(hashedPrefix)
  }

  async #named(users: readonly User[], mayCreate: boolean): Promise<string[]> {
    const { names } = await this.#options.signer.userNames({ users: [...users], mayCreate })
    return names.map((name) => hashedPrefix + name)
  }

  /** Of several authorities that begin at once all have the key of the first. */
  async #check(): Promise<void> {
    const { store } = this.#options
    const known = await readSetting(store.read, checkSetting)
    const [name = ''] = await this.#named([nobody], known === undefined)
    const expected = known ?? (await store.write((tx) => noteFirst(tx, name)))
    if (name === expected) return
    throw new Problem('key_missing', {
      detail:
        'The key that users are named with is another one than at first: with it, nobody would be known again',
      expected: 'the key users-key-1 that the other authorities and this store have',
      found: 'another one',
    })
  }
}

async function noteFirst(tx: Kysely<Tables>, name: string): Promise<string> {
  const known = await readSetting(tx, checkSetting)
  if (known === undefined) await writeSetting(tx, checkSetting, name)
  return known ?? name
}
