import type { PreparedCaveat, PreparedGrant, PreparedLink } from '../prepared.ts'

/**
 * The same grant for looking at an action that nobody has signed yet: its leaf asks for no request, as if the key had signed
 * under a free number, and with `confirmed` for no confirmation either. What a verdict on it allows still has to be signed.
 */
export function assumeSigned(prepared: PreparedGrant, { confirmed }: { confirmed: boolean }): PreparedGrant {
  const branches = prepared.branches.map((branch) => ({
    ...branch,
    links: branch.links.map((link) => (link.hop === 0 ? withoutRequest(link, confirmed) : link)),
  }))
  return { ...prepared, branches }
}

function withoutRequest(link: PreparedLink, confirmed: boolean): PreparedLink {
  const caveats = link.caveats.map((caveat): PreparedCaveat => {
    const { taskScope } = caveat
    if (taskScope === null) return caveat
    const budgets = taskScope.budgets.map((budget) => (confirmed ? { ...budget, threshold: null } : budget))
    return { ...caveat, taskScope: { ...taskScope, terms: { ...taskScope.terms, requestKey: null }, budgets } }
  })
  return { ...link, caveats }
}
