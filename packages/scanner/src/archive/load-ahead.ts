/** How much is read before it is asked for. */
export type Ahead = { readonly items: number; readonly bytes: number }

export type Loaded<Item> = { readonly item: Item; readonly load: () => Promise<Buffer> }

/**
 * Items in their order, each with its bytes on the way: while one is looked at, the next are read and inflated on
 * other threads. What is not started here (too large) starts when it is asked for.
 *
 * @param sizeOf bytes that an item will take; undefined where it is not to be read ahead
 */
export function* loadAhead<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number | undefined,
  load: (item: Item) => Promise<Buffer>,
  ahead: Ahead,
): Generator<Loaded<Item>> {
  const started: { item: Item; size: number; bytes: Promise<Buffer> | undefined }[] = []
  let next = 0
  let pendingBytes = 0
  const startMore = () => {
    while (next < items.length && started.length <= ahead.items) {
      const item = items[next] as Item
      const size = sizeOf(item)
      if (size !== undefined && started.length > 0 && pendingBytes + size > ahead.bytes) return
      const bytes = size === undefined ? undefined : load(item)
      // Whoever asks for it hears of the failure. Nobody may, where reading ends early.
      bytes?.catch(() => {})
      pendingBytes += size ?? 0
      started.push({ item, size: size ?? 0, bytes })
      next += 1
    }
  }
  for (startMore(); started.length > 0; startMore()) {
    const { item, size, bytes } = started.shift() as (typeof started)[number]
    pendingBytes -= size
    startMore()
    yield { item, load: () => bytes ?? load(item) }
  }
}
