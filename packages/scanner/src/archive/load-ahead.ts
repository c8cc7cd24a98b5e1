import type { Member } from './member.ts'

/** How much is read before it is asked for. */
export type Ahead = { readonly members: number; readonly bytes: number }

/**
 * Members in their order, each with its bytes on the way: while one is looked at, the next are read and inflated on
 * other threads. What is not started here (too large) starts when it is asked for.
 *
 * @param sizeOf bytes that a member will take; undefined where it is not to be read ahead
 */
export function* loadAhead(
  members: Iterable<Member>,
  sizeOf: (member: Member) => number | undefined,
  load: (member: Member) => Promise<Buffer>,
  ahead: Ahead,
): Generator<{ readonly member: Member; readonly load: () => Promise<Buffer> }> {
  const started: { member: Member; size: number; bytes: Promise<Buffer> | undefined }[] = []
  const all = members[Symbol.iterator]()
  let next = all.next()
  let pendingBytes = 0
  const startMore = () => {
    while (!next.done && started.length <= ahead.members) {
      const member = next.value
      const size = sizeOf(member)
      if (size !== undefined && started.length > 0 && pendingBytes + size > ahead.bytes) return
      const bytes = size === undefined ? undefined : load(member)
      // Whoever asks for it hears of the failure. Nobody may, where reading ends early.
      bytes?.catch(() => {})
      pendingBytes += size ?? 0
      started.push({ member, size: size ?? 0, bytes })
      next = all.next()
    }
  }
  for (startMore(); started.length > 0; startMore()) {
    const { member, size, bytes } = started.shift() as (typeof started)[number]
    pendingBytes -= size
    startMore()
    yield { member, load: () => bytes ?? load(member) }
  }
}
