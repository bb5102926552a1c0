import { describe, expect, it } from 'vitest'
import { questionsOf, templates } from '../src/scope/templates/index.ts'
import { templatesPage } from './templates-page.ts'

describe('templatesPage', () => {
  it('default: a section for each template, with its questions and what its caveat permits', () => {
    const page = templatesPage()
    for (const template of templates) {
      const start = page.indexOf(`\n## ${template.name}\n`)
      expect(start).toBeGreaterThan(0)
      const next = page.indexOf('\n## ', start + 1)
      const section = page.slice(start, next === -1 ? undefined : next)
      for (const { name, ask } of template.questions) expect(section).toContain(`| \`--${name}\` | ${ask} |`)
      expect(section).toContain('\n- Rule 1: ')
      expect(section).toContain('- Only redeemed by 0x2222222222222222222222222222222222222222')
      expect(section.includes('Only the TaskScopeEnforcer can hold it.')).toBe(template.lowering === 'fused')
    }
    for (const { name } of questionsOf(templates[0] as never).slice(-6)) expect(page).toContain(`| \`--${name}\` |`)
  })
})
