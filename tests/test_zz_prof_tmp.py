import time, cProfile, pstats, pytest, sys
def test_p(make_study, store, dataset):
    from indicators import training
    for k,(o) in enumerate(("sgd","sgd","layca")):
        spec=make_study().model(o,"low" if k else "high",0)
        init=training.model_arrays(training.build(spec.untrained,dataset))
        t,c=time.time(),time.process_time()
        pr=cProfile.Profile()
        if k==1: pr.enable()
        training.train(spec,store.entry(spec),dataset,init)
        pr.disable()
        print("\nTRAIN",o,time.time()-t,time.process_time()-c)
        if k==1: pstats.Stats(pr).sort_stats("cumulative").print_stats(45)
