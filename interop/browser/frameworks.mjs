// A person in front of the small examples of one framework, which run with --demo: the smallest login, and
// the one with sessions where there is one.
//   node frameworks.mjs --name axum --login http://127.0.0.1:3000 [--sessions http://127.0.0.1:3001] [--shots target/interop/frameworks]
import { parseArgs } from 'node:util';
import { check, equal, go, main } from './browser.mjs';

const { values: args } = parseArgs({ options: {
  name: { type: 'string' }, login: { type: 'string' }, sessions: { type: 'string' },
  shots: { type: 'string', default: 'target/interop/frameworks' },
} });

const press = (page, name) => go(page, page.getByRole('button', { name, exact: true }).click());
const enter = async (page, user) => {
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', 'password');
  await press(page, 'Log in');
};
const has = async (page, word) => {
  const all = await page.locator('main').innerText();
  equal(`"${word}" on the page: ${all}`, all.includes(word), true);
};

await main(async () => {
  await check(`${args.name}: the smallest login, and a no`, args.shots, async ({ context, strayed, complaints, picture }) => {
    const page = await context.newPage();
    await page.goto(`${args.login}/login`);
    await enter(page, 'alice');
    await press(page, 'Deny');
    equal('what a no is answered with', await page.locator('body').innerText(), 'The sign-in was declined. You can start again.');
    await page.goto(`${args.login}/login`);
    await press(page, 'Allow');
    const user = JSON.parse(await page.locator('body').innerText());
    equal('who', [user.sub, user.name], ['user-alice', 'Alice']);
    await picture(page, `${args.name}-login`);
    equal('cookies of logins', (await context.cookies(args.login)).filter((cookie) => cookie.name.includes('oauth-login')), []);
    equal('requests that left the machine', strayed, []);
    equal('complaints of the browser', complaints, []);
  });

  if (args.sessions) {
    await check(`${args.name}: a session begins with a login and ends with the button`, args.shots, async ({ context, picture }) => {
      const page = await context.newPage();
      await page.goto(args.sessions);
      await go(page, page.getByText('Log in with GitHub', { exact: true }).click());
      await enter(page, 'alice');
      await press(page, 'Allow');
      equal('the address', page.url(), `${args.sessions}/`);
      await has(page, 'Hello, Alice');
      await picture(page, `${args.name}-session`);
      await go(page, page.getByText('What GitHub knows', { exact: true }).click());
      equal('the API', JSON.parse(await page.locator('body').innerText()).login, 'alice');
      await page.goto(args.sessions);
      await press(page, 'Log out');
      await has(page, 'Log in with Google');
    });
  }
});
