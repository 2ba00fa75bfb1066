/** The `expect` that the suites of the interfaces take: chai, with promises, and with `to.be.true()` as a call. */
import { expect, use } from 'chai';
import chaiAsPromised from 'chai-as-promised';
import chaiParentheses from 'chai-parentheses';

use(chaiAsPromised);
use(chaiParentheses);

export { expect };
