// The page as a page: languages, colours, keyboard, narrow screens, and nothing from elsewhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, open } from './harness.mjs'

test('the language follows the browser, can be switched at any time, and is remembered', async () => {
  const { page, signIn, picture, closeWell } = await open({ locale: 'zh-CN' })
  assert.equal(await page.locator('.lede h2').innerText(), '第一次登录失败，第二次却成功了。')
  await signIn()
  assert.match(await page.locator('.mismatch').innerText(), /签名用/)
  await picture('chinese')

  await page.check('input[name="language"][value="en"]', { force: true })

  assert.match(await page.locator('.mismatch').innerText(), /signed with/)
  assert.match(await page.locator('#screen').innerText(), /Try again/)
  assert.equal(await page.getAttribute('html', 'lang'), 'en')
  assert.doesNotMatch(await page.locator('main').innerText(), /[一-龥]/)
  await page.reload()
  await page.waitForSelector('html[data-ready]')
  assert.equal(await page.locator('.lede h2').innerText(), 'The first sign-in fails. The second one works.')
  await closeWell()
})

test('the two languages have the same texts with the same places in them', async () => {
  const { page, closeWell } = await open()
  const [en, zh] = await page.evaluate(async () => {
    const { en } = await import('/playground/words-en.js')
    const { zh } = await import('/playground/words-zh.js')
    const places = words => Object.fromEntries(Object.entries(words).map(([name, text]) => [name, (text.match(/\{\w+\}/g) || []).sort()]))
    return [places(en), places(zh)]
  })

  const repeated = place => [...new Set(place)]
  for (const [name, places] of Object.entries(en)) assert.deepEqual(repeated(zh[name]), repeated(places), name)
  assert.deepEqual(Object.keys(zh), Object.keys(en))
  await closeWell()
})

test('the colours follow the system, can be switched, and are remembered', async () => {
  const { page, picture, signIn, closeWell } = await open({ scheme: 'dark' })
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  assert.equal(await paper(), 'rgb(18, 19, 22)')
  assert.equal(await page.getAttribute('#theme', 'aria-checked'), 'true')
  await signIn()
  await picture('dark')

  await page.click('#theme')

  assert.equal(await paper(), 'rgb(245, 243, 238)')
  await page.reload()
  await page.waitForSelector('html[data-ready]')
  assert.equal(await paper(), 'rgb(245, 243, 238)')
  assert.equal(await page.getAttribute('#theme', 'aria-checked'), 'false')
  await closeWell()
})

test('the explanation runs from the keyboard alone, forth, back and out', async () => {
  const { page, picture, closeWell } = await open()
  const title = () => page.locator('#tour-title').innerText()
  const press = key => page.keyboard.press(key)
  for (let presses = 0; presses < 20; presses += 1) {
    await press('Tab')
    if (await page.evaluate(() => document.activeElement.id === 'tour-start')) break
  }

  await press('Enter')
  await page.waitForSelector('#tour:not([hidden])')
  const titles = [await title()]
  for (let step = 1; step < 13; step += 1) {
    await picture(`explanation-${String(step).padStart(2, '0')}`)
    await press(step % 2 ? 'Enter' : 'ArrowRight')
    titles.push(await title())
    if (step === 4) {
      assert.deepEqual(await page.locator('.mismatch .equation .chip.key').allInnerTexts(), ['key v1', 'key v2'])
      assert.deepEqual(await page.locator('#screen .problem .chip').allInnerTexts(), ['signature_mismatch', 'retry: getUserInfo'])
    }
  }
  await picture('explanation-13')

  assert.deepEqual(titles, [
    'Alice was here last week', 'wx.login gives a code', 'The page asks for her data at once', 'The server exchanges the code',
    'Signed with one key, checked with another', 'She taps again, and it works', 'The right order: exchange first',
    'The key stays, a ticket goes out', 'Only now wx.getUserInfo', 'From then on, one request', 'A guideline that forgot a line',
    'The right order meets it later', 'So the client takes the next way'
  ])
  assert.deepEqual(await page.locator('#rows .label code').allInnerTexts().then(all => all.slice(-5)), ['registrationRequired', 'wx.getUserInfo()', 'fail', 'POST /v1/register', 'loggedIn'])
  for (let step = 13; step > 9; step -= 1) await press('ArrowLeft')
  assert.equal(await title(), 'Only now wx.getUserInfo')
  assert.deepEqual(await page.locator('.verdict.ok .equation .chip.key').allInnerTexts(), ['key v2', 'key v2'])
  await press('Escape')
  await page.waitForSelector('#tour', { state: 'hidden' })
  assert.equal(await page.evaluate(() => document.activeElement.id), 'tour-start')
  assert.equal(await page.locator('#rows > li').count(), 0)
  await closeWell()
})

test('a sign-in works from the keyboard, and the focus stays where one presses next', async () => {
  const { page, closeWell } = await open()
  await page.focus('[data-name="sign-in"]')

  await page.keyboard.press('Enter')
  await page.waitForSelector('.mismatch')
  await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
  await page.waitForFunction(() => document.activeElement.dataset.name === 'sign-in')
  await page.waitForSelector('fieldset.trouble:not(:disabled)')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.nickname')
  await page.waitForFunction(() => document.activeElement.closest('#screen') && !document.activeElement.disabled)

  await closeWell()
})

for (const locale of ['en-US', 'zh-CN']) {
  test(`nothing hangs over the edge of a screen 360 pixels wide (${locale})`, async () => {
    const { page, signIn, pull, picture, closeWell } = await open({ locale, width: 360, height: 740 })
    const overhang = () => page.evaluate(() => {
      const wide = [...document.querySelectorAll('main *')].filter(element => {
        if (element.closest('.sr, table') || !element.checkVisibility()) return false
        return element.getBoundingClientRect().right > innerWidth + 0.5
      })
      return [document.documentElement.scrollWidth - innerWidth, wide.map(element => element.outerHTML.slice(0, 80))]
    })
    assert.deepEqual(await overhang(), [0, []])
    await signIn()
    await pull('lose')
    await signIn()
    await signIn()
    assert.deepEqual(await overhang(), [0, []])
    await picture(`narrow-${locale}`)
    await page.click('#tour-start')
    await page.waitForSelector('#tour:not([hidden])')
    for (let step = 1; step < 13; step += 1) {
      assert.deepEqual(await overhang(), [0, []])
      if (step === 5) await picture(`narrow-explanation-${locale}`)
      await page.click('#tour-next')
    }
    await closeWell()
  })
}

test('the page allows nothing from another host and nothing inline', async () => {
  const answer = await fetch(`${base}/`)

  assert.equal(answer.headers.get('content-security-policy'), "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
  const html = await answer.text()
  assert.doesNotMatch(html, /(src|href)="https?:|style="|<script>|<style/)
})

test('the state tells rows without an id of WeChat\'s, and stored things by their size', async () => {
  const { choose, signIn, closeWell } = await open()
  await choose('right')
  await signIn()

  const state = await (await fetch(`${base}/playground/state`)).json()

  assert.deepEqual(Object.keys(state), ['apps', 'users', 'moreUsers', 'identities', 'tokens', 'moreTokens'])
  assert.match(state.users[0].unionid, /^[0-9a-f]{4}$/)
  assert.match(state.identities[0].openid, /^[0-9a-f]{4}$/)
  for (const { name, bytes, secondsLeft } of state.tokens) {
    assert.match(name, /^[a-z-]+:[^:]{1,10}/)
    assert.doesNotMatch(name, /[\w-]{20}/)
    assert.ok(bytes > 0 && secondsLeft >= 0)
  }
  await closeWell()
})

test('the page of the API works under its policy: it lists the operations, opens one and loads nothing from elsewhere', async () => {
  const { page, watch, closeWell } = await open()

  for (const path of ['/docs', '/docs/']) {
    const answer = await page.goto(`${base}${path}`)
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'/)
    await page.waitForSelector('.opblock')
    await page.locator('.opblock-summary-control').first().click()
    await page.waitForSelector('.opblock.is-open .opblock-body')
    assert.ok(await page.locator('.opblock').count() > 10)
  }

  assert.deepEqual(watch.problems, [])
  await closeWell()
})
