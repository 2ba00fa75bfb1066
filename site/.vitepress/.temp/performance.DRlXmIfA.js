const _imports_0 = "/performance.svg";
export {
  _imports_0 as _
};
