// The API's documentation: opens on signing in, can be tried out where WeChat is simulated, and can be read.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import { open } from './harness.mjs'

const part = path => `.opblock-${path.split(' ')[0].toLowerCase()}:has([data-path="${path.split(' ')[1]}"])`

async function execute(page, operation) {
  await page.click(`${part(operation)} .opblock-summary-control`)
  await page.click(`${part(operation)} .execute`)
  const answer = page.locator(`${part(operation)} .live-responses-table .response`).first()
  await answer.waitFor()
  return answer.innerText()
}

const violations = page => page.evaluate(async () => {
  const found = await globalThis.axe.run(document, { resultTypes: ['violations'] })
  return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 120)}: ${node.failureSummary}`))
})

test('the page has the project\'s name and opens on signing in', async () => {
  const { page, watch, picture } = await open({ path: '/docs/' })

  assert.match(await page.locator('h1').first().innerText(), /^weapp-login/)
  assert.match(await page.title(), /^weapp-login/)
  const paths = await page.locator('.opblock-summary-path').evaluateAll(all => all.map(path => path.dataset.path))
  assert.deepEqual(paths.slice(0, 2), ['/v1/login', '/v1/register'])
  assert.equal(await page.locator('input').count(), 0, 'no box for the address of another document')
  assert.deepEqual([watch.problems, watch.foreign], [[], []])
  await picture('docs')
  await page.context().close()
})

test('somebody new is signed in by pressing Execute, and the token goes along', async () => {
  const { page, watch } = await open({ path: '/docs/' })

  const login = await execute(page, 'POST /v1/login')
  const register = await execute(page, 'POST /v1/register')
  const me = await execute(page, 'GET /v1/me')

  assert.match(login, /^200[^]*registrationRequired/)
  assert.match(register, /^201[^]*loggedIn/)
  assert.match(me, /^200[^]*"nickname"/)
  assert.match(await page.locator(`${part('POST /v1/login')} .curl`).innerText(), /wx00000000000000a1/)
  assert.deepEqual([watch.problems, watch.foreign], [[], []])
  await page.context().close()
})

for (const width of [1280, 390]) {
  test(`no violation at ${width} pixels, closed and open`, async () => {
    const { page } = await open({ path: '/docs/', width })
    await page.evaluate(axe.source)

    const closed = await violations(page)
    await execute(page, 'POST /v1/login')
    const opened = await violations(page)

    assert.deepEqual(closed, [])
    assert.deepEqual(opened, [])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0)
    await page.context().close()
  })
}
