// @peculiar/x509 stands on decorators, which look for the metadata functions of the package
// reflect-metadata. As much of them as it needs to load: metadata by target, own and inherited.

type Metadata = Map<unknown, unknown>
const store = new WeakMap<object, Metadata>()

const own = (key: unknown, target: object): unknown => store.get(target)?.get(key)

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    if (store.get(at)?.has(key) === true) return own(key, at)
  }
  return undefined
}

function define(key: unknown, value: unknown, target: object): void {
  const metadata: Metadata = store.get(target) ?? new Map()
  store.set(target, metadata.set(key, value))
}

Object.assign(Reflect, {
  defineMetadata: define,
  getMetadata: inherited,
  getOwnMetadata: own,
  hasMetadata: (key: unknown, target: object) => inherited(key, target) !== undefined,
  hasOwnMetadata: (key: unknown, target: object) => own(key, target) !== undefined,
  metadata: (key: unknown, value: unknown) => (target: object) => define(key, value, target),
})
