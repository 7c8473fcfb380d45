// What the page does when the service goes, where things stand, and what it says of itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, open, startDev } from './harness.mjs'

test('the page says that the service is gone, and goes on by itself when it is back', async t => {
  let server = await startDev()
  t.after(() => server.stop())
  const { url, place } = server
  const { page, signIn, picture, closeWell } = await open({ at: url, unanswered: true })
  await signIn()

  await server.stop({ keep: true })
  await page.click('[data-name="sign-in"]')
  await page.waitForSelector('#gone:not([hidden])')

  assert.match(await page.locator('#gone').innerText(), /^The service is gone\./)
  assert.equal(await page.locator('.spinner').count(), 0)
  assert.ok(await page.locator('[data-name="sign-in"]').isDisabled())
  await picture('service-gone')
  server = await startDev({ LISTEN: new URL(url).host }, place)
  await page.waitForSelector('#gone', { state: 'hidden' })
  await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
  await signIn()
  assert.equal(await page.locator('.mismatch').count(), 1)
  await closeWell()
})

test('the first step of the explanation points at the button that can be pressed', async () => {
  const { page, closeWell } = await open()
  await page.click('#tour-start')
  await page.waitForSelector('#tour:not([hidden])')

  assert.equal(await page.locator('#rows-empty').innerText(), 'Nothing has happened yet. Press Next.')
  assert.ok(await page.locator('[data-name="sign-in"]').isDisabled())
  await page.keyboard.press('Escape')
  assert.match(await page.locator('#rows-empty').innerText(), /^Press Sign in/)
  await closeWell()
})

test('the explanation ends with the client\'s three lines and where they are explained', async () => {
  const { page, closeWell } = await open()
  await page.click('#tour-start')
  await page.waitForSelector('#tour:not([hidden])')
  assert.ok(await page.locator('#tour-lines').isHidden())

  for (let step = 1; step < 13; step += 1) await page.keyboard.press('ArrowRight')

  assert.equal((await page.locator('#tour-lines code').innerText()).split('\n').length, 3)
  const link = await page.locator('#tour-lines a').first().getAttribute('href')
  assert.match(await (await fetch(base + link)).text(), /createWeappLogin/)
  await closeWell()
})

for (const [locale, sentence] of [['en-US', /^weapp-login signs the people of a WeChat mini program in/], ['zh-CN', /^weapp-login 让微信小程序的用户第一次就登录成功/]]) {
  test(`the first line says what weapp-login is (${locale})`, async () => {
    const { page, closeWell } = await open({ locale })

    assert.match(await page.locator('main > :first-child').innerText(), sentence)
    await closeWell()
  })
}

test('without scripts the page says what it is and where the documents are', async () => {
  const { page } = await open({ script: false })

  assert.match(await page.locator('noscript').first().innerText(), /needs JavaScript/)
  assert.deepEqual(await page.locator('noscript a').evaluateAll(links => links.map(link => link.getAttribute('href'))), [
    '/docs/', '/playground/client.md', '/docs/', '/playground/client.zh-CN.md'
  ])
  await page.context().close()
})

test('a row that arrives is marked at its edge and nowhere in its text', async () => {
  const { page, choose, signIn, closeWell } = await open()
  await choose('right')
  await signIn()
  await page.evaluate(() => document.querySelector('#users tbody tr').classList.add('fresh'))

  const cells = await page.locator('#users tr.fresh td').evaluateAll(all => all.map(cell => cell.className))
  const rules = await page.evaluate(() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
    .filter(rule => rule.selectorText?.includes('.fresh td') || rule.name?.startsWith('arrived')).map(rule => rule.cssText).join('\n'))

  assert.ok(cells.length > 1)
  assert.match(rules, /\.fresh td:first-child \{ animation-name: arrived-at; \}/)
  assert.equal(rules.match(/box-shadow/g).length, 1)
  assert.ok(await page.locator('#users td:first-child').first().evaluate(cell => parseFloat(getComputedStyle(cell).paddingLeft) > 3))
  await closeWell()
})

test('what is unfolded in the last row is in sight', async () => {
  const { page, choose, signIn, closeWell } = await open()
  await choose('right')
  await signIn()

  await page.locator('#rows .more').last().click()

  const [detail, rows] = await page.evaluate(() => [...document.querySelectorAll('.detail:not([hidden]), #rows')].reverse().map(element => element.getBoundingClientRect().bottom))
  assert.ok(detail <= rows + 1 && rows - detail < 400, `${detail} ${rows}`)
  await closeWell()
})

test('key v0 is explained where it first appears', async () => {
  const { page, signIn, closeWell } = await open()

  await signIn()

  const note = page.locator('.note', { hasText: 'key v0' }).first()
  assert.match((await note.innerText()).replace(/\s+/g, ' '), /^WeChat never made a key for this person\. Until the first exchange it signs with one that nobody is given: key v0/)
  await closeWell()
})

test('the token shelf shows the youngest of each kind, and starting over empties it and hides older accounts', async () => {
  const { page, choose, signIn, pull, tap, closeWell } = await open()
  await choose('right')
  for (let person = 0; person < 6; person += 1) {
    await signIn()
    await pull('person')
  }
  assert.equal(await page.locator('#tokens tbody tr', { hasText: 'session:' }).count(), 4)
  assert.match(await page.locator('#tokens').innerText(), /And \d+ more\./)
  assert.ok(await page.locator('#users tbody tr').count() <= 8)

  await pull('reset')

  assert.equal((await page.locator('#tokens').innerText()).trim(), 'Nothing yet.')
  assert.equal((await page.locator('#users').innerText()).trim(), 'Nothing yet.')
  await tap('register-by-phone')
  await page.waitForSelector('.number')
  await page.waitForSelector('fieldset.trouble:not(:disabled)')
  assert.equal(await page.locator('#users tbody tr').count(), 1)
  await closeWell()
})

test('on a narrow screen what came of a tap stands right below the button', async () => {
  const { page, signIn, picture, closeWell } = await open({ width: 390, height: 844 })

  await signIn()

  const button = await page.locator('[data-name="sign-in"]').boundingBox()
  const outcome = await page.locator('#announcement').boundingBox()
  const gap = outcome.y - (button.y + button.height)
  assert.ok(gap > 0 && gap < 120, String(gap))
  assert.ok(button.y >= 0 && outcome.y + outcome.height <= 844, `${button.y} ${outcome.y + outcome.height}`)
  await picture('narrow-outcome')
  await closeWell()
})

for (const width of [320, 390, 761, 900, 1280, 1440, 2560]) {
  test(`nothing hangs over the edge at ${width} pixels, whatever happened`, async () => {
    const { page, choose, signIn, pull, tap, closeWell } = await open({ width, height: 800 })
    const overhang = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    await pull('guideline')
    await signIn()
    await choose('right')
    await signIn()
    assert.equal(await overhang(), 0)
    await pull('guideline')
    await pull('person')
    await tap('register-by-phone')
    await page.waitForSelector('.number')
    assert.equal(await overhang(), 0)
    await page.waitForSelector('#tour-start:not(:disabled)')
    await page.click('#tour-start')
    await page.waitForSelector('#tour:not([hidden])')
    for (let step = 1; step < 13; step += 1) {
      await page.keyboard.press('ArrowRight')
      assert.equal(await overhang(), 0, `step ${step}`)
    }
    await closeWell()
  })
}
