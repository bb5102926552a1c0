/** What `read` gives, or what is made of its refusal. An error of any other kind is a fault of ours: it goes on. */
export function attempt<value, refusal extends Error>(
  read: () => value,
  kind: abstract new (...parameters: never[]) => refusal,
  refused: (refusal: refusal) => value,
): value {
  try {
    return read()
  } catch (error) {
    if (error instanceof kind) return refused(error)
    throw error
  }
}
