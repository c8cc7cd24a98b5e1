import { builtInRoots, type TrustAnchor, type TrustMaterial } from '@sallyport/attestation'

/** The parts that trust material is made of. */
export type TrustParts = {
  android: TrustMaterial['android']
  /** Anchors with `development: true`. */
  developmentRoots: readonly TrustAnchor[]
}

/** Trust material for apps that take development devices, and for those that do not. */
export type TrustMaterials = {
  readonly production: TrustMaterial
  readonly development: TrustMaterial
}

export function trustMaterials({ android, developmentRoots }: TrustParts): TrustMaterials {
  const over = (extra: readonly TrustAnchor[]): TrustMaterial => ({
    android: { ...android, anchors: [...android.anchors, ...extra] },
    appAttest: { anchors: [...builtInRoots.appAttest, ...extra] },
    appAttestReceipts: { anchors: [...builtInRoots.appAttestReceipts, ...extra] },
    managedDevices: { anchors: [...builtInRoots.managedDevices, ...extra] },
  })
  return { production: over([]), development: over(developmentRoots) }
}
