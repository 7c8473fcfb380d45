// axe-core finds nothing to complain about: both languages, both colours, at rest, after a failure, and in the explanation.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import { open } from './harness.mjs'

for (const locale of ['en-US', 'zh-CN']) {
  for (const scheme of ['light', 'dark']) {
    // The narrow layout has the same colours and words: two of its four will do.
    for (const width of (locale === 'en-US') === (scheme === 'light') ? [1280, 360] : [1280]) {
      test(`no violation: ${locale}, ${scheme}, ${width} pixels wide`, async () => {
        const { page, choose, signIn, pull, closeWell } = await open({ locale, scheme, width })
        await page.evaluate(axe.source)
        const violations = () => page.evaluate(async () => {
          const found = await globalThis.axe.run(document, { resultTypes: ['violations'] })
          return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 120)}: ${node.failureSummary}`))
        })

        assert.deepEqual(await violations(), [], 'at rest')
        await signIn()
        await pull('lose')
        await signIn()
        assert.deepEqual(await violations(), [], 'after two failures')
        await choose('right')
        await signIn()
        await pull('expire')
        assert.deepEqual(await violations(), [], 'signed in')
        await page.click('#tour-start')
        await page.waitForSelector('#tour:not([hidden])')
        for (let step = 1; step < 5; step += 1) await page.keyboard.press('ArrowRight')
        assert.deepEqual(await violations(), [], 'in the explanation')
        for (let step = 5; step < 13; step += 1) await page.keyboard.press('ArrowRight')
        assert.deepEqual(await violations(), [], 'at its end')
        await page.keyboard.press('Escape')
        await page.click('[data-name="sign-out"]')
        await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
        await pull('guideline')
        await pull('person')
        await choose('obvious')
        await signIn()
        await choose('right')
        await signIn()
        assert.deepEqual(await violations(), [], 'with and without user info')
        await closeWell()
      })
    }
  }
}
