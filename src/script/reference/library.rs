use rhai::{Module, packages::*};
pub(crate) fn standard_library() -> Module {
    let mut m = Module::new();
    ArithmeticPackage::init(&mut m);
    LogicPackage::init(&mut m);
    BasicStringPackage::init(&mut m);
    MoreStringPackage::init(&mut m);
    BasicArrayPackage::init(&mut m);
    BasicMapPackage::init(&mut m);
    BasicIteratorPackage::init(&mut m);
    BasicMathPackage::init(&mut m);
    m
}
